"""An example request as a command for curl."""

import json
import re
import shlex
from typing import Any

Json = dict[str, Any]


def curl(path: str, method: str, operation: Json) -> str:
    """The command. ``$ENDPOINT`` and ``$TOKEN`` are the reader's."""
    parameters = operation["parameters"]
    for parameter in parameters:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    asked = [p for p in parameters if p["in"] == "query" and "example" in p]
    if asked:
        path += "?" + "&".join(f"{p['name']}={p['example']}" for p in asked)
    lines = [f'curl "$ENDPOINT{path}"']
    content = operation.get("requestBody", {}).get("content", {})
    if method.upper() != ("POST" if content else "GET"):
        lines[0] = f'curl -X {method.upper()} "$ENDPOINT{path}"'
    if operation["security"]:
        lines.append('-H "X-Auth-Token: $TOKEN"')
    lines += [f'-H "{p["name"]}: $TOKEN"' for p in parameters if p["in"] == "header"]
    if content:
        lines += _body(content)
    return " \\\n  ".join(lines)


def _body(content: Json) -> list[str]:
    example = content["application/json"]["example"]
    if "multipart/form-data" in content:
        return [f"-F {_field(name, value)}" for name, value in example.items()]
    return ["-H 'Content-Type: application/json'", f"-d {shlex.quote(json.dumps(example))}"]


def _field(name: str, value: object) -> str:
    """A field of a form; where the example has a picture in base64, a file."""
    source = re.fullmatch(r"(image|image1|image2|video)_base64", name)
    if source:
        file = "clip.mp4" if source[1] == "video" else f"{source[1].replace('image', 'photo')}.jpg"
        return f"{source[1]}_file=@{file}"
    text = value if isinstance(value, str) else json.dumps(value)
    return shlex.quote(f"{name}={text}")
