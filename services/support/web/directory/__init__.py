"""The directory of help as pages: for anybody, without a question, a cookie or a row written (invariants 21, 23)."""
