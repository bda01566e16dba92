"""How any service shows pages: words in four languages, templates, forms, files for the browser.

A service gives its own templates and words; what stands here knows nothing of what they are about. Every page lives
under its language (`/fr/help`), every POST is answered by a 303, and no page is kept by the browser (ADR 57).
"""
