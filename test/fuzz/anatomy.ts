import { oids } from '#crypto/oids.ts';
import { parseElement } from '#crypto/pfx/ber.ts';
import { IterationBudget } from '#crypto/pfx/budget.ts';
import { decrypt, deriveCipher } from '#crypto/pfx/cipher.ts';
import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { type Encryption, readEncryption } from '#crypto/pfx/encryption.ts';
import { readMac, unusedSalt } from '#crypto/pfx/mac.ts';
import { PfxError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { nodes } from './nodes.ts';
import { filler } from './protection.ts';
import type { Seal } from './seal.ts';
import { encode, parseTlv, parseTlvs, type Tlv } from './tlv.ts';

/**
 * Takes a file apart, down into what is encrypted, so that all of it can be changed and written again. On the way every
 * salt, vector and count becomes another: a derivation costs little then, and a file that was written with chance
 * in it is the same in every process.
 */
export async function anatomy(bytes: Uint8Array, password: string): Promise<Tlv> {
  const derivations = new PfxDerivations();
  const root = parseTlv(bytes);
  if (root === undefined) throw new RangeError('no element at all');
  try {
    return await new Anatomist(Secret.fromText(password), derivations).file(root);
  } catch (error) {
    // Some files are kept because they have a wrong value: those are changed as they are.
    if (error instanceof PfxError) return root;
    throw error;
  } finally {
    derivations.erase();
  }
}

const rules = () => ({ strict: false, budget: new IterationBudget(Number.POSITIVE_INFINITY) });
const fewIterations = 2;

class Anatomist {
  readonly #password: Secret;
  readonly #derivations: PfxDerivations;
  #number = 0;

  constructor(password: Secret, derivations: PfxDerivations) {
    this.#password = password;
    this.#derivations = derivations;
  }

  /** PFX (RFC 7292 section 4). */
  async file(root: Tlv): Promise<Tlv> {
    const [version, info, mac] = inside(root);
    const [type, wrapped] = inside(info);
    const [content] = inside(wrapped);
    if (version === undefined || info === undefined || type === undefined || content === undefined) {
      throw new RangeError('not the shape of a PFX');
    }
    const safes = await this.#safes(parsed(joined(content)));
    const authenticated = withContent(content, [safes], { authenticated: true });
    const around = { ...info, content: [type, nodes.context(authenticated)] };
    return { ...root, content: [version, around, ...(mac === undefined ? [] : [await this.#mac(mac)])] };
  }

  async #safes(safes: Tlv): Promise<Tlv> {
    return { ...safes, content: await oneByOne(inside(safes), (safe) => this.#safe(safe)) };
  }

  async #safe(safe: Tlv): Promise<Tlv> {
    const [type, wrapped] = inside(safe);
    const [content] = inside(wrapped);
    if (type === undefined || content === undefined || wrapped === undefined) return safe;
    if (isOid(type, oids.data)) {
      const bags = await this.#bags(parsed(joined(content)));
      return { ...safe, content: [type, { ...wrapped, content: [withContent(content, [bags])] }] };
    }
    if (!isOid(type, oids.encryptedData)) return safe;
    const [version, info] = inside(content);
    const [kind, algorithm, encrypted] = inside(info);
    if (!version || !info || !kind || !algorithm || !encrypted) return safe;
    const opened = await this.#opened(algorithm, encrypted, (plain) => this.#bags(plain));
    const sealed = { ...info, content: [kind, ...opened] };
    return {
      ...safe,
      content: [type, { ...wrapped, content: [{ ...content, content: [version, sealed] }] }],
    };
  }

  async #bags(bags: Tlv): Promise<Tlv> {
    return { ...bags, content: await oneByOne(inside(bags), (bag) => this.#bag(bag)) };
  }

  async #bag(bag: Tlv): Promise<Tlv> {
    const [type, wrapped, ...attributes] = inside(bag);
    const [value] = inside(wrapped);
    const [algorithm, encrypted] = inside(value);
    if (!type || !wrapped || !value || !algorithm || !encrypted) return bag;
    if (!isOid(type, oids.pkcs8ShroudedKeyBag)) return bag;
    const content = await this.#opened(algorithm, encrypted, async (plain) => plain);
    return { ...bag, content: [type, { ...wrapped, content: [{ ...value, content }] }, ...attributes] };
  }

  /** An algorithm and what is encrypted by it, under another salt; both as they are for an algorithm that we do not know. */
  async #opened(algorithm: Tlv, encrypted: Tlv, deeper: (plain: Tlv) => Promise<Tlv>): Promise<Tlv[]> {
    const before = readEncryption(parseElement(encode(algorithm), 'BER'), rules());
    if (before.cipher === undefined) return [algorithm, encrypted];
    const opening = await deriveCipher(before.cipher, this.#password, this.#derivations);
    const plain = parseTlv(decrypt(opening, joined(encrypted)));
    if (plain === undefined) return [algorithm, encrypted];
    const another = this.#anew(algorithm, before.iterations);
    const seal = await this.#seal(readEncryption(parseElement(encode(another), 'BER'), rules()));
    return [another, withContent(encrypted, [await deeper(plain)], { seal })];
  }

  async #seal({ cipher }: Encryption): Promise<Seal> {
    if (cipher === undefined) throw new RangeError('not the algorithm that was read');
    const { key, iv } = await deriveCipher(cipher, this.#password, this.#derivations);
    return { cipher: cipher.name, key: key.bytes(), iv };
  }

  async #mac(mac: Tlv): Promise<Tlv> {
    const before = readMac(parseElement(encode(mac), 'BER'), rules());
    const [digestInfo, salt, ...count] = inside(mac);
    const [algorithm, value] = inside(digestInfo);
    if (!digestInfo || !algorithm || !value || !salt) throw new RangeError('not the shape of MacData');
    const [another, ...rest] = [algorithm, salt, ...count].map((node) => this.#anew(node, before.iterations));
    if (another === undefined) return mac;
    const written = (content: Tlv): Tlv => ({
      ...mac,
      content: [{ ...digestInfo, content: [another, content] }, ...rest],
    });
    const { keyed } = readMac(parseElement(encode(written(value)), 'BER'), rules());
    if (keyed === undefined) return mac;
    const key = await this.#derivations.derive(this.#password, keyed.key);
    return written({ ...value, mac: { digest: keyed.digest, key: key.bytes() } });
  }

  /** Every octet string another, and the count a small one. */
  #anew(node: Tlv, iterations: number | null): Tlv {
    if (!(node.content instanceof Uint8Array) && node.tag !== 0x04) {
      return { ...node, content: node.content.map((inner) => this.#anew(inner, iterations)) };
    }
    if (node.tag === 0x04) {
      // This salt is no salt: a backup has no other in its place.
      if (unusedSalt.equals(bytesOf(node))) return node;
      this.#number += 1;
      const { length } = bytesOf(node);
      return { tag: 0x04, content: filler(`anew ${this.#number}`, length) };
    }
    const isCount = node.tag === 0x02 && Number.parseInt(hex(node), 16) === iterations;
    return isCount ? nodes.integer(fewIterations) : node;
  }
}

/** In order: the new salts are numbered. */
async function oneByOne(all: readonly Tlv[], by: (node: Tlv) => Promise<Tlv>): Promise<Tlv[]> {
  const done: Tlv[] = [];
  for (const each of all) done.push(await by(each));
  return done;
}

function inside(node: Tlv | undefined): readonly Tlv[] {
  return node === undefined || node.content instanceof Uint8Array ? [] : node.content;
}

const inSegments = (node: Tlv) => (node.tag & 0x20) !== 0;

/** The bytes of an octet string, of one in segments too. */
function joined(node: Tlv): Uint8Array {
  return inSegments(node) ? Buffer.concat(inside(node).map(bytesOf)) : bytesOf(node);
}

/** An octet string with other content; one in segments has one segment then. */
function withContent(
  node: Tlv,
  content: readonly Tlv[],
  what: Pick<Tlv, 'seal' | 'authenticated'> = {},
): Tlv {
  if (!inSegments(node)) return { tag: node.tag, content, ...what };
  return { ...node, content: [{ tag: 0x04, content, ...what }] };
}

function parsed(bytes: Uint8Array): Tlv {
  const [only, ...more] = parseTlvs(bytes) ?? [];
  if (only === undefined || more.length > 0) throw new RangeError('not one element');
  return only;
}

function bytesOf(node: Tlv): Buffer {
  return encode({ ...node, form: 'bare' });
}

const hex = (node: Tlv) => bytesOf(node).toString('hex');

const isOid = (node: Tlv, dotted: string) => hex(node) === hex(nodes.oid(dotted));
