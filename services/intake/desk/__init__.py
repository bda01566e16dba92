"""The second application of intake, for those who are signed in: the registrar's desk and the custodian's."""
