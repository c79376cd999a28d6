import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { type KmsDouble, startKmsDouble } from '#test/doubles/kms/kms-double.ts';
import { expectDelivered } from '#test/support/delivered.ts';
import {
  type DemoFolders,
  type DemoRun,
  demoFolders,
  filesUnder,
  readSummary,
  runDemo,
  startDemo,
  withoutAws,
} from '#test/support/demo.ts';
import { digestsOf, shortList } from '#test/support/short-list.ts';

const account = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'nothing' };

/** Folders of a demo where nothing of AWS is set up but this. */
function kmsFolders(variables: Record<string, string> = {}): DemoFolders & { options: string[] } {
  const folders = demoFolders();
  const environment = { ...withoutAws(folders.root), ...variables };
  return { ...folders, environment, options: [...shortList(folders), '--keys', 'kms'] };
}

/** Processes with this path among their arguments. */
function processesWith(path: string): string[] {
  const found = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return found.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path);
    } catch {
      // It has ended.
      return false;
    }
  });
}

async function expectMainJob({ out }: DemoFolders): Promise<void> {
  const summary = await readSummary(out);
  expect(summary.map(({ purpose, exportable, custody }) => [purpose, exportable, custody])).toEqual([
    ['identity', true, 'kms'],
    ['encryption', true, 'kms'],
    ['identity', false, 'kms'],
  ]);
  for (const entry of summary) await expectDelivered(out, entry);
}

describe('a demo with keys in AWS KMS, at an endpoint that is named', () => {
  let double: KmsDouble;
  let folders: ReturnType<typeof kmsFolders>;
  const place = kmsFolders();

  beforeAll(async () => {
    double = await startKmsDouble();
    folders = { ...place, environment: { ...place.environment, ...kmsEnvironment(double) } };
  });
  afterAll(() => double.close());

  it.each(['memory', 'kms'])('does all of the main job with exportable keys from %s', async (source) => {
    const own = { ...folders, out: join(folders.root, source), data: join(folders.root, `${source}-data`) };
    const options = [...folders.options, '--kms-key-source', source, '--kms-prefix', source];
    const { status, stdout, stderr } = await runDemo(own, ...options);
    expect({ status }).toEqual({ status: 0 });
    await expectMainJob(own);
    expect(stderr).toContain(`keys in AWS KMS, at the endpoint ${double.endpoint}.`);
    expect(stdout).toMatch(/^Made at http:.* is not known here: emil\.curtis, identity\.$/m);
    expect(stdout).not.toContain('never leaves');
    expect(existsSync(join(own.data, 'kms-stand-in'))).toBe(false);
    const made = double.log.filter(({ operation }) => operation.startsWith('GenerateDataKeyPair'));
    expect(made).toHaveLength(source === 'kms' ? 2 : 0);
    const aliases = double.account.aliases().flatMap(([alias]) => alias.split('/').slice(0, 3).join('/'));
    expect(aliases).toEqual(
      expect.arrayContaining(
        ['custody', 'mac', 'receipts', 'resident'].map((key) => `alias/${source}/${key}`),
      ),
    );
  });

  it('runs again, makes no key, and changes nothing but that the ledger goes on', async () => {
    const own = { ...folders, out: join(folders.root, 'kms'), data: join(folders.root, 'kms-data') };
    const [before, keys] = [digestsOf(own), double.account.keys().length];
    expect((await runDemo(own, ...folders.options, '--kms-prefix', 'kms')).status).toBe(0);
    expect(digestsOf(own)).toEqual(before);
    expect(double.account.keys()).toHaveLength(keys);
  });

  it('stops where the keys of that data are under another prefix', async () => {
    const own = { ...folders, out: join(folders.root, 'kms'), data: join(folders.root, 'kms-data') };
    const before = digestsOf(own);
    const { status, stderr } = await runDemo(own, ...folders.options, '--kms-prefix', 'memory');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^The data folder is of an earlier run whose keys are not here\. .* \(not-set-up\)$/m,
    );
    expect(digestsOf(own)).toEqual(before);
  });

  it('says which permission is missing, and goes through once it is given', async () => {
    const message = 'User: arn:aws:iam::1:user/a is not authorized to perform: kms:CreateKey on resource: *';
    double.faults.plan('CreateKey', { kind: 'refuse', type: 'AccessDeniedException', message });
    const { status, stdout, stderr } = await runDemo(folders, ...folders.options);
    double.faults.clear();
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    const last = stderr.trimEnd().split('\n').at(-1);
    expect(last).toMatch(
      /^AWS KMS does not allow this service kms:CreateKey\. .*docs\/kms\.md.* \(provider-access-denied\)$/,
    );
    expect(filesUnder(folders.out)).toEqual([]);
    expect((await runDemo(folders, ...folders.options)).status).toBe(0);
    await expectMainJob(folders);
  });
});

describe('a demo with keys in AWS KMS, where nothing of AWS is set up', () => {
  const folders = kmsFolders();
  const keys = join(folders.data, 'kms-stand-in');
  let first: DemoRun;

  beforeAll(async () => {
    first = await runDemo(folders, ...folders.options);
  });

  it('does all of the main job on a stand-in, and says plainly that it is none of AWS', async () => {
    expect(first.status).toBe(0);
    await expectMainJob(folders);
    expect(first.stderr).toContain('keys in a stand-in for AWS KMS on this machine.');
    expect(first.stderr).toContain(
      `This is not AWS: the stand-in speaks its protocol, and keeps its keys in clear in ${keys}.`,
    );
    expect(first.stderr).toContain('The stand-in has ended.');
    expect(first.stdout).toContain(`but they lie in clear in ${keys}: emil.curtis, identity.`);
    expect(first.stdout).not.toContain('never leaves');
    expect(first.stderr).toContain('Signing the subscribers in');
    expect(processesWith(keys)).toEqual([]);
  });

  it('runs again on the same keys, and changes nothing but that the ledger goes on', async () => {
    const [before, kept] = [digestsOf(folders), filesUnder(keys)];
    const { status, stderr } = await runDemo(folders, ...folders.options);
    expect(status).toBe(0);
    expect(stderr).toContain('Nobody has to sign in');
    expect(stderr).not.toContain('Signing the subscribers in');
    expect(digestsOf(folders)).toEqual(before);
    expect(filesUnder(keys)).toEqual(kept);
  });

  it.each(['SIGINT', 'SIGKILL'] as const)(
    'takes the stand-in along when it is ended by %s',
    async (signal) => {
      const demo = startDemo(folders, ...folders.options);
      while (processesWith(keys).length < 1 && demo.process.exitCode === null) await pause(5);
      demo.process.kill(signal);
      const { status } = await demo.ended;
      expect(status).toBe(signal === 'SIGINT' ? 130 : null);
      while (processesWith(keys).length > 0) await pause(20);
      expect((await runDemo(folders, ...folders.options)).status).toBe(0);
    },
  );
});

describe('a demo with keys in AWS KMS, where more or less of AWS is set up', () => {
  const folders = kmsFolders(account);
  const { data, options, environment } = folders;

  it('makes nothing in AWS itself unless a prefix is named', async () => {
    const { status, stderr } = await runDemo(folders, ...options);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^--kms-prefix: is needed where keys would be made in AWS itself: .*1 USD a month.* \(usage\)$/m,
    );
    expect(existsSync(data)).toBe(false);
  });

  it('takes the stand-in all the same, when told so', async () => {
    const { status, stderr } = await runDemo(folders, ...options, '--kms-stand-in');
    expect(status).toBe(0);
    expect(stderr).toContain('This is not AWS');
    await expectMainJob(folders);
  });

  it('says that nothing answers at an endpoint, without the password in it', async () => {
    const AWS_ENDPOINT_URL_KMS = 'http://user:marked@127.0.0.1:9/';
    const place = { ...folders, environment: { ...environment, AWS_ENDPOINT_URL_KMS } };
    const { status, stderr } = await runDemo(place, ...options);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^http:\/\/127\.0\.0\.1:9: nothing answers at this endpoint\. .* \(provider-unavailable\)$/m,
    );
    expect(stderr).not.toContain('marked');
  });
});
