const NOT_TOKEN = /[^!#$%&'*+.^_`|~0-9A-Za-z-]/;

/** RFC 9110 section 5.6.2: what methods and names of fields are made of. */
export function isToken(text: string): boolean {
  return text !== "" && !NOT_TOKEN.test(text);
}
