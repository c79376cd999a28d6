import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeKeyContext } from '#adapters/key-context.ts';
import { unwrapPrivateKey } from '#adapters/software/aes-gcm-wrapping.ts';
import { openByPassword } from '#crypto/locks.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { Secret } from '#domain/secret.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import type { KmsDouble } from '#test/doubles/kms/kms-double.ts';
import { type DemoFolders, present, type SummaryEntry } from './demo.ts';
import { openWithOpenssl } from './pfx-tools.ts';
import { unsealed } from './recovered.ts';
import type { Sought } from './secret-scanner.ts';

/** A secret, and the one file, if any, that is there to hold it: a path from the folder of `out` and `data`. */
export interface KnownSecret extends Sought {
  home?: string;
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const;

/** A private key as PKCS#8 and by its secret numbers. */
export function secretsOfKey(name: string, key: KeyObject): KnownSecret[] {
  const jwk = key.export({ format: 'jwk' });
  const numbers = privateMembers.flatMap((member) => {
    const number = jwk[member];
    return number === undefined
      ? []
      : [{ name: `${name} ${member}`, bytes: Buffer.from(number, 'base64url') }];
  });
  return [{ name: `${name} PKCS#8`, bytes: key.export({ type: 'pkcs8', format: 'der' }) }, ...numbers];
}

/** What a subscriber's files open to: passwords, private keys, passphrases of escrow. */
export async function secretsOfFiles(out: string, summary: readonly SummaryEntry[]): Promise<KnownSecret[]> {
  const found: KnownSecret[] = [];
  for (const entry of summary) {
    const { enrollmentId, files, escrow } = entry;
    if (files.pfx !== undefined) {
      const path = present(files.password);
      const password = readFileSync(join(out, path));
      found.push({ name: `password of ${enrollmentId}`, bytes: password, home: `out/${path}` });
      const { privateKey } = await openWithOpenssl(join(out, files.pfx), password);
      found.push(...secretsOfKey(`key of ${enrollmentId}`, privateKey));
    }
    if (escrow !== undefined) {
      const { passphrase } = await unsealed(out, entry);
      const passphraseOf = `passphrase of ${enrollmentId}`;
      found.push({ name: passphraseOf, bytes: Buffer.from(passphrase) });
      found.push({ name: `${passphraseOf}, decoded`, bytes: Buffer.from(passphrase, 'base64url') });
    }
  }
  const { d } = JSON.parse(readFileSync(join(out, 'recovery.private.jwk'), 'utf8'));
  found.push({ name: 'recovery key', bytes: Buffer.from(d, 'base64url'), home: 'out/recovery.private.jwk' });
  return found;
}

/** What locked records hold once the subscriber's lock is opened: nothing that only custody guards may stand anywhere. */
export async function wrappedKeys(
  { documents, keys }: Dependencies,
  out: string,
  enrollments: readonly Enrollment[],
  summary: readonly SummaryEntry[],
): Promise<KnownSecret[]> {
  const locked = enrollments.filter(({ key }) => key?.lockedKeyId !== undefined);
  return await Promise.all(
    locked.map(async ({ organization, id, key }) => {
      const files = summary.find(({ enrollmentId }) => enrollmentId === id)?.files;
      const bytes = await openByPassword({
        locked: await documents.get({ kind: 'locked-key', organization, id: present(key?.lockedKeyId) }),
        password: new Secret(readFileSync(join(out, present(files?.password)))),
        context: { organization, enrollmentId: id },
        mac: (message) => keys.mac(message),
      });
      return { name: `wrapped key of ${id}`, bytes };
    }),
  );
}

/** What custody itself keeps secret: the software provider's keys and what they wrap, or the PINs of the token. */
export function secretsOfCustody({ data }: Pick<DemoFolders, 'data'>): KnownSecret[] {
  const token = join(data, 'token');
  if (existsSync(token)) {
    return ['pin', 'so-pin'].map((name) => ({
      name,
      bytes: readFileSync(join(token, name)),
      home: `data/token/${name}`,
    }));
  }
  const home = 'data/software-keys/provider-keys.json';
  const folder = join(data, 'software-keys');
  const own = JSON.parse(readFileSync(join(folder, 'provider-keys.json'), 'utf8'));
  const decoded = (name: string) => Buffer.from(own[name], 'base64');
  const wrappingKey = new Secret(decoded('wrappingKey'));
  const unwrapped = (wrapped: Buffer, associated: Uint8Array) =>
    unwrapPrivateKey(wrappingKey, wrapped, associated).bytes();
  const resident = readdirSync(join(folder, 'resident')).map((file) => {
    const record = JSON.parse(readFileSync(join(folder, 'resident', file), 'utf8'));
    const label = `escrow software resident key ${record.spec} ${record.name}`;
    const bytes = unwrapped(Buffer.from(record.wrapped, 'base64'), encodeKeyContext(label, record.context));
    return { name: `resident key ${record.name}`, bytes };
  });
  const receiptKey = unwrapped(decoded('wrappedReceiptKey'), Buffer.from('escrow software receipt key'));
  return [
    { name: 'wrapping key', bytes: decoded('wrappingKey'), home },
    { name: 'MAC key', bytes: decoded('macKey'), home },
    { name: 'receipt key', bytes: receiptKey },
    ...resident,
  ];
}

/** What the stand-in for AWS KMS keeps secret, as AWS KMS would: each key by its duty, at home in the file that holds it. */
export function secretsOfKms({ account }: Pick<KmsDouble, 'account'>): KnownSecret[] {
  const duties = new Map(account.aliases().map(([alias, id]) => [id, alias.split('/')[2]]));
  return account.keys().flatMap(({ id, material = '', spec }) => {
    const name = `${duties.get(id) ?? 'nameless'} key at AWS KMS`;
    const bytes = Buffer.from(material, 'base64');
    const isPair = /^(?:RSA|ECC)_/.test(spec);
    const secrets = isPair
      ? secretsOfKey(name, createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' }))
      : [{ name, bytes }];
    return secrets.map((secret) => ({ ...secret, home: `data/kms-stand-in/keys/${id}.json` }));
  });
}
