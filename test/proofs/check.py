# Has PyJWT read proofs: each case is a proof, the keys, what a verifier expects, and whether it is
# to be accepted. Prints the cases that came out otherwise.
import json
import sys

import jwt

wrong = []
for case in json.load(open(sys.argv[1])):
    keys = {one["kid"]: jwt.PyJWK(one).key for one in case["keys"]}
    try:
        kid = jwt.get_unverified_header(case["proof"]).get("kid")
        claims = jwt.decode(
            case["proof"],
            keys.get(kid, ""),
            algorithms=["RS256"],
            audience=case["audience"],
            issuer=case["issuer"],
            options={"require": ["exp", "iat", "nbf", "aud", "iss", "sub", "jti"]},
        )
        accepted = claims["sub"] == case["sub"]
    except (jwt.PyJWTError, ValueError, TypeError):
        accepted = False
    if accepted != case["accepted"]:
        wrong.append(case["name"])
json.dump(wrong, sys.stdout)
