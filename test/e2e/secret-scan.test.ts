import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventSource } from '#contract/events.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import type { Principal } from '#domain/principal.ts';
import { Secret } from '#domain/secret.ts';
import { exportCopy } from '#lambdas/export-copy/export-copy.ts';
import { requestEnrollment } from '#lambdas/request-enrollment/request-enrollment.ts';
import { setPassword } from '#lambdas/set-password/set-password.ts';
import { type KeySource, keySources } from '#local/open-keys.ts';
import { openService, type Service } from '#local/service.ts';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { type KmsDouble, startKmsDouble } from '#test/doubles/kms/kms-double.ts';
import { type DemoFolders, demoFolders, present, readSummary, runDemo } from '#test/support/demo.ts';
import { outputOf } from '#test/support/program.ts';
import { scanFolder } from '#test/support/scan-folder.ts';
import { SecretScanner } from '#test/support/secret-scanner.ts';
import {
  type KnownSecret,
  secretsOfCustody,
  secretsOfFiles,
  secretsOfKey,
  secretsOfKms,
  wrappedKeys,
} from '#test/support/secrets-of-demo.ts';
import { requested } from '#test/support/world.ts';

const organization = 'example';
const everything = keySources.map((keys) => ({ keys, folders: demoFolders() }));
/** Elsewhere: what was typed into a list stands there. */
const lists = demoFolders().root;

/** A secret that a person typed, made for this run and remembered. */
class Typed {
  readonly secrets: KnownSecret[] = [];

  text(name: string, length = 30): string {
    const text = `Mk-${randomBytes(length).toString('base64url')}`.slice(0, length);
    this.secrets.push({ name, bytes: Buffer.from(text) });
    return text;
  }

  secret(name: string, length?: number): Secret {
    return Secret.fromText(this.text(name, length));
  }
}

const header = 'subscriberId,givenName,familyName,email,purposes,keySpec,assurance\n';
const goodRows = `rosa.adler,Rosa,Adler,rosa.adler@example.org,identity+encryption,RSA_2048,medium
emil.curtis,Emil,Curtis,emil.curtis@example.org,identity+encryption,ECC_NIST_P256,medium-hardware
`;

/** Rows whose cells hold what was never meant for a list: they are refused, and what they hold is not repeated. */
function badRows(typed: Typed): string {
  const cells = ['an address', 'purposes', 'a key spec', 'an assurance'].map((cell) =>
    typed.text(`in ${cell}`),
  );
  const [email, ...others] = cells;
  return `odd one ${typed.text('in an id')},O,Odd,${email},${others}
odd.two,O,Odd,odd@example.org,identity,RSA_2048,medium,${typed.text('in one field too many')}
`;
}

const passwordFiles = [
  'rosa.adler/adler_Enroll_ID.password.txt',
  'rosa.adler/adler_Enroll_EN.password.txt',
  'emil.curtis/curtis_Enroll_EN.password.txt',
];

/** Calls that fail, each given a secret that it must keep to itself. @returns what they threw, as a careless log shows it */
async function failingCalls(
  service: Service,
  enrollments: readonly Enrollment[],
  typed: Typed,
): Promise<string> {
  const { dependencies } = service;
  const thrown: unknown[] = [];
  const failing = async (work: Promise<unknown>) => {
    await expect(work.catch((error) => Promise.reject(thrown.push(error)))).rejects.toBeDefined();
  };
  const signedIn = ({ subscriber }: Enrollment): Principal => ({
    organization,
    subject: subscriber.id,
    roles: ['subscriber'],
    authTime: Math.floor(Date.now() / 1000),
  });
  const ready = present(enrollments.find(({ exportable, state }) => exportable && state === 'ready'));
  const request = { enrollmentId: ready.id, requestId: 'failing' };
  const exporting = (unlocking: Parameters<typeof exportCopy>[2]['unlocking'], pfxPassword: Secret) =>
    exportCopy(dependencies, signedIn(ready), { ...request, unlocking, pfxPassword });

  const wrong = typed.secret('a wrong password');
  for (let tries = 0; tries < 11; tries++) {
    await failing(exporting({ password: wrong }, typed.secret(`PFX password ${tries}`)));
  }
  await failing(exporting({ password: wrong }, typed.secret('a weak PFX password', 11)));
  const notAscii = typed.text('a PFX password that is not ASCII');
  await failing(exporting({ password: wrong }, Secret.fromText(`${notAscii}é`)));
  await failing(exporting({ wrappedKey: typed.secret('a wrapped key').bytes() }, wrong));
  await failing(
    setPassword(dependencies, signedIn(ready), { ...request, password: typed.secret('too late') }),
  );

  const waiting = await requestEnrollment(dependencies, event('waits', {}));
  const weak = { enrollmentId: waiting.id, requestId: 'weak', password: typed.secret('a weak password', 11) };
  await failing(setPassword(dependencies, signedIn(waiting), weak));
  return inspect(thrown, { depth: 20, maxStringLength: null, maxArrayLength: null, breakLength: 1e9 });
}

function event(id: string, change: Record<string, unknown>) {
  const subscriber = { id: 'sam', givenName: 'Sam', familyName: 'Späth', email: 'sam@example.org' };
  return {
    ...requested({ organization, subscriber, idempotencyKey: id, ...change }, eventSource(organization)),
    id,
  };
}

/** Events that are refused, each with a secret where none belongs. */
async function sendMalformed({ dependencies, dispatcher }: Service, typed: Typed): Promise<void> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  typed.secrets.push(...secretsOfKey('a recipient key sent whole', privateKey));
  const changes: Record<string, unknown>[] = [
    { password: typed.text('an unknown field') },
    { password: typed.text('one unknown field'), pin: typed.text('another unknown field') },
    { subscriber: { id: 'sam', password: typed.text('an unknown field within') } },
    { purpose: typed.text('a wrong word') },
    { keySpec: typed.text('a wrong key spec') },
    { keySpec: 'RSA_1024', assurance: typed.text('a wrong assurance') },
    { organization: typed.text('another organization') },
    { idempotencyKey: typed.text('a long key', 30).repeat(9) },
    { recipientKey: privateKey.export({ format: 'jwk' }) },
    { recipientKey: { kty: 'oct', k: typed.text('a symmetric key') } },
    { lock: { password: typed.text('a wrong type') } },
  ];
  for (const [index, change] of changes.entries()) {
    await dependencies.events.publish(event(`malformed-${index}`, change));
  }
  await dependencies.events.publish({ ...event('no-object', {}), data: typed.text('no object at all') });
  await dispatcher.drain();
}

/** The stand-in for AWS KMS keeps its keys in clear where the demo keeps those of one that it starts itself. */
async function standIn({ data }: DemoFolders): Promise<KmsDouble> {
  const kms = await startKmsDouble({ folder: join(data, 'kms-stand-in') });
  for (const [name, value] of Object.entries(kmsEnvironment(kms))) vi.stubEnv(name, value);
  return kms;
}

/** A whole run: the demo twice, then calls and events that fail. */
async function run(keys: KeySource, folders: DemoFolders, kms: KmsDouble | undefined) {
  const { out, data } = folders;
  const typed = new Typed();
  const list = join(lists, `${keys}.csv`);
  const options = ['--subscribers', list, '--keys', keys];
  // Set up by a run that has nobody to enroll, so that the next one finds passwords there, as after a kill.
  writeFileSync(list, header + badRows(typed));
  const runs = [await runDemo(folders, ...options)];
  for (const path of passwordFiles) {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    writeFileSync(join(out, path), `Marked-${randomBytes(18).toString('base64url')}`, { mode: 0o600 });
  }
  writeFileSync(list, header + goodRows + badRows(typed));
  runs.push(await runDemo(folders, ...options, '--json'), await runDemo(folders, ...options));
  const summary = await readSummary(out);
  const service = await openService({ folder: data, keys });
  const { items } = await service.dependencies.registry.enrollments({ organization, limit: 100 });
  const thrown = await failingCalls(service, items, typed);
  const known = [
    ...(await secretsOfFiles(out, summary)),
    ...(await wrappedKeys(service.dependencies, out, items, summary)),
    ...(kms === undefined ? secretsOfCustody(folders) : secretsOfKms(kms)),
  ];
  // A copy, made by another process: reading a database's file in this one would drop its locks.
  const copy = join(lists, `${keys}-open`);
  await outputOf('cp', ['-r', dirname(data), copy]);
  const foundWhileOpen = scanFolder(copy, [...known, ...typed.secrets]);
  await sendMalformed(service, typed);
  const refused = (await service.queues.deadLetters()).length;
  await service.close();
  return { runs, thrown, foundWhileOpen, refused, secrets: [...known, ...typed.secrets] };
}

describe.each(everything)('everything that is written with keys in $keys', ({ keys, folders }) => {
  const { root } = folders;
  let done: Awaited<ReturnType<typeof run>>;
  let kms: KmsDouble | undefined;

  beforeAll(async () => {
    kms = keys === 'kms' ? await standIn(folders) : undefined;
    done = await run(keys, folders, kms);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await kms?.close();
  });

  it('was written by runs and refusals of every kind', () => {
    expect(done.runs.map(({ status }) => status)).toEqual([3, 3, 3]);
    expect(done.refused).toBe(12);
    for (const code of ['wrong-password', 'enrollment-locked', 'password-too-weak', 'password-not-ascii']) {
      expect(done.thrown).toContain(code);
    }
  });

  it('is scanned for every kind of secret, each of which the scan finds at its home', () => {
    const kinds = new Set(done.secrets.map(({ name }) => name.replace(/ of .*| resident.*/, '')));
    const own = {
      software: ['wrapping key', 'MAC key', 'receipt key'],
      pkcs11: ['pin', 'so-pin'],
      kms: [
        'custody key at AWS KMS',
        'mac key at AWS KMS',
        'receipts key at AWS KMS d',
        'resident key at AWS KMS d',
      ],
    }[keys];
    const all = ['password', 'key', 'passphrase', 'wrapped key', 'recovery key', 'a wrong password', ...own];
    for (const kind of all) expect(kinds).toContain(kind);
    const homeless = done.secrets.map(({ name, bytes }) => ({ name, bytes }));
    const homes = done.secrets.flatMap(({ home }) => home ?? []);
    expect(Object.keys(scanFolder(root, homeless)).sort()).toEqual([...new Set(homes)].sort());
  });

  it('holds no secret, but in the files that are there to hold it', () => {
    expect(scanFolder(root, done.secrets)).toEqual({});
  });

  it('held none while the service was open, in write-ahead logs either', () => {
    expect(done.foundWhileOpen).toEqual({});
  });

  it('shows none on the screen, or in errors', () => {
    const scanner = new SecretScanner(done.secrets);
    for (const { stdout, stderr } of done.runs) {
      expect(scanner.find(Buffer.from(stdout))).toEqual([]);
      expect(scanner.find(Buffer.from(stderr))).toEqual([]);
    }
    expect(scanner.find(Buffer.from(done.thrown))).toEqual([]);
  });

  it('stands in no log of what was asked of AWS KMS', () => {
    const log = JSON.stringify(kms?.log ?? []);
    expect(new SecretScanner(done.secrets).find(Buffer.from(log))).toEqual([]);
    // All of it: an older part would have been dropped.
    expect((kms?.log.length ?? 0) < 1_000).toBe(true);
    expect(log.includes('"operation":"GenerateMac"')).toBe(keys === 'kms');
  });
});
