/**
 * Streams and consumers may not have `.`, `*`, `>`, slashes or white space in their names. The dot of a topic is written
 * `_`, and what is not a letter, digit or hyphen as `=` and its code, so that two topics never share a name.
 */
export function brokerName(text: string): string {
  return text.replace(/[^A-Za-z0-9-]/gu, (character) =>
    character === "." ? "_" : `=${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()};`,
  );
}

/** One group has a consumer for each topic: a stream of the operator's own may hold several topics. */
export function consumerName(group: string, topic: string): string {
  return `${brokerName(group)}__${brokerName(topic)}`;
}
