"""Owns the directory of help by duty station, referrals to help."""
