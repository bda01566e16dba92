"""Signing in as somebody of the invented organisation, as a browser would: authorization code with PKCE."""

import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlsplit

import httpx

CLIENT = "recourse-demo"
REDIRECT = "http://127.0.0.1/signed-in"


async def access_token(issuer: str, staff_id: str) -> str:
    """An access token for `staff_id`. Raises httpx.HTTPStatusError when the provider refuses."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    state = secrets.token_urlsafe(16)
    async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
        described = await http.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        described.raise_for_status()
        provider = described.json()
        question = {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": REDIRECT,
            "scope": "openid profile",
            "state": state,
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        answer = await http.post(provider["authorization_endpoint"], params=question, data={"sub": staff_id})
        if not answer.is_redirect:
            answer.raise_for_status()
        back = parse_qs(urlsplit(answer.headers["location"]).query)
        if back["state"] != [state]:
            raise ValueError("the identity provider answered another sign-in than ours")
        token = await http.post(
            provider["token_endpoint"],
            data={
                "grant_type": "authorization_code",
                "code": back["code"][0],
                "redirect_uri": REDIRECT,
                "code_verifier": verifier,
            },
            auth=(CLIENT, "unregistered"),  # the provider asks for a secret and takes any
        )
        token.raise_for_status()
        return str(token.json()["access_token"])
