/** Text, or elements in it: a list for those that repeat. */
export type XmlContent = string | number | boolean | XmlElements;
export interface XmlElements {
  readonly [name: string]: XmlContent | readonly XmlContent[] | undefined;
}

/** A document with one root, as S3 answers. What is undefined is left out. */
export function xmlDocument(root: string, content: XmlElements): string {
  const namespace = root === 'Error' ? '' : ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${namespace}>${inner(content)}</${root}>`;
}

/** The text of the first element of a name; undefined if there is none. Enough for the small documents that requests hold. */
export function textIn(document: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(document)?.[1];
  return found?.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity] ?? '');
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function inner(content: XmlContent): string {
  if (typeof content !== 'object') return escaped(String(content));
  return Object.entries(content)
    .flatMap(([name, value]) => (value === undefined ? [] : listOf(value).map((each) => element(name, each))))
    .join('');
}

function listOf(value: XmlContent | readonly XmlContent[]): readonly XmlContent[] {
  return Array.isArray(value) ? value : [value as XmlContent];
}

function element(name: string, value: XmlContent): string {
  return `<${name}>${inner(value)}</${name}>`;
}

function escaped(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
