/* Which view an address asks for: `#/face-sets/staff/faces?filter=floor:3`. */

/** The address's path as decoded segments, and its parameters. A segment that cannot be decoded stays as it is. */
export function currentRoute() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { segments: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query ?? "") };
}

function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** An address of these segments and parameters. */
export function address(segments, query = {}) {
  const parameters = new URLSearchParams(query).toString();
  return `#/${segments.map(encodeURIComponent).join("/")}${parameters ? `?${parameters}` : ""}`;
}

export function go(segments, query) {
  location.hash = address(segments, query);
}
