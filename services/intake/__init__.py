"""Owns what a person wrote (sealed), consents, identities and the talk with them."""
