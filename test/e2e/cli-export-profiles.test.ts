import { createSecureContext } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { CliPeople, done } from '#test/support/cli-people.ts';
import { openWithOpenssl, spkiOf } from '#test/support/pfx-tools.ts';
import { policyWith } from '#test/support/policies.ts';
import { outputOf, runProgram } from '#test/support/program.ts';
import { testServer } from '#test/support/server.ts';

// Copies for old systems and for new ones, from a running server to the programs that open them.

const server = testServer();
const people = new CliPeople(server);
const root = people.person('root');
const eva = people.person('eva.lund');
let enrollment: string;
let identity: string;

/** Every profile, but no old algorithms around an identity key. */
const identityStays = `
@id("identity-modern")
@reason("An identity key is not copied under old algorithms.")
@contact("desk@example.org")
forbid (principal, action == Escrow::Action::"ExportCompatible", resource)
when { resource.purpose == "identity" };
`;

/** Exports a copy with a generated password, beside it, and has it opened again. @returns what `--json` told */
async function exported(name: string, form: string): Promise<Record<string, unknown>> {
  const line = `escrow export ${enrollment} --out ${name}.pfx --password-file key.password --generated-password-out ${name}.password --check-password-file ${name}.password --json ${form}`;
  return JSON.parse(await done(eva, line));
}

async function enrolled(purpose: string): Promise<string> {
  const line = `escrow enroll --subscriber ${eva.name} --family-name Lund --email eva@example.org --purpose ${purpose} --key-spec ECC_NIST_P256 --json`;
  const { id } = JSON.parse(await done(root, line)).enrollment;
  await done(eva, `escrow set-password ${id} --password-file key.password`);
  return id;
}

function passwordOf(name: string): string {
  return eva.read(`${name}.password`).toString().trim();
}

/** By the openssl program. */
function listed(name: string) {
  return runProgram(
    'openssl',
    ['pkcs12', '-in', eva.path(`${name}.pfx`), '-passin', 'stdin', '-noenc', '-info'],
    passwordOf(name),
  );
}

beforeAll(async () => {
  await server.start();
  const { cedar, tests } = policyWith({ profiles: pfxProfiles });
  root.write('policy.cedar', cedar + identityStays);
  root.write('tests.json', JSON.stringify(tests));
  await people.setUp(root, '--policy .');
  await people.add(root, eva, 'subscriber');
  eva.write('key.password', 'Moor und Kauz 42');
  enrollment = await enrolled('encryption');
  identity = await enrolled('identity');
});

describe('escrow export of another profile', () => {
  it('is refused where policy does not allow it, and says why and whom to ask', async () => {
    const line = `escrow export ${identity} --for windows-server-2016 --password-file key.password --generated-password-out x.password`;
    const { status, stderr } = await eva.run(line);
    expect(status).toBe(1);
    expect(stderr).toContain('An identity key is not copied under old algorithms.');
    expect(stderr).toContain('Ask desk@example.org. (export-refused)');
    expect(stderr.match(/desk@example\.org/g)).toHaveLength(1);
    expect(eva.list().filter((name) => /x\.password|\.pfx$/.test(name))).toEqual([]);
  });

  it('for an old system opens in the openssl program and in Java', async () => {
    const told = await exported('old', '--for windows-server-2016');
    expect(told).toMatchObject({
      profile: 'compatible',
      target: 'windows-server-2016',
      warning: expect.stringContaining('triple DES'),
      checked: 'opened',
    });
    const { stderr } = await listed('old');
    expect(stderr).toMatch(/^MAC: sha1, Iteration 2048$/m);
    expect(stderr.match(/pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048/g)).toHaveLength(2);
    const { privateKey, certificate } = await openWithOpenssl(eva.path('old.pfx'), passwordOf('old'));
    expect(spkiOf(certificate.publicKey)).toEqual(spkiOf(privateKey));
    const keystore = ['-list', '-keystore', eva.path('old.pfx'), '-storepass:file', eva.path('old.password')];
    expect((await outputOf('keytool', keystore)).toString()).toContain('PrivateKeyEntry');
  });

  it('with PBMAC1 opens in OpenSSL from 3.4 on, and in none before', async () => {
    const told = await exported('new', '--profile pbmac1');
    expect(told).toMatchObject({ profile: 'pbmac1', target: null, checked: 'opened' });
    expect(told).not.toHaveProperty('warning');
    const pfx = eva.read('new.pfx');
    const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number);
    expect(major * 100 + minor).toBeGreaterThanOrEqual(304);
    expect(() => createSecureContext({ pfx, passphrase: passwordOf('new') })).not.toThrow();
    expect(() => createSecureContext({ pfx, passphrase: passwordOf('old') })).toThrow();
    const version = (await outputOf('openssl', ['version'])).toString();
    const [, programMajor, programMinor] = /^OpenSSL (\d+)\.(\d+)/.exec(version) ?? [];
    const isNew = Number(programMajor) * 100 + Number(programMinor) >= 304;
    expect((await listed('new')).status === 0).toBe(isNew);
  });
});
