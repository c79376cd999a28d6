import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functions } from '#contract/functions.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'escrow-package-'));
const dist = join(folder, 'dist');
const app = join(folder, 'app');

/** Runs a program with the pinned Node; fails with what it said if it fails. */
function run(cwd: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}:\n${stdout}${stderr}`);
  return stdout;
}

function npm(cwd: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${args.join(' ')}:\n${stdout}${stderr}`);
  return stdout;
}

/** An app of somebody else's, in TypeScript as its compiler checks it and as Node runs it. */
const source = `import { App, Stack, Tags } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { EnrollmentKeyEscrow, type EnrollmentKeyEscrowProps } from 'enrollment-key-escrow';

const props: EnrollmentKeyEscrowProps = {
  env: { account: '111122223333', region: 'eu-central-1' },
  organization: 'example',
  alarmEmails: ['duty@example.org'],
};
const app = new App({ outdir: 'cdk.out' });
const first = new EnrollmentKeyEscrow(app, 'Escrow', props);
new EnrollmentKeyEscrow(app, 'InToken', { ...props, stage: 'token', custody: { kind: 'pkcs11' } });
const own = new Stack(app, 'Own', { env: props.env });
const workflow = new Role(own, 'Workflow', { assumedBy: new ServicePrincipal('states.amazonaws.com') });
first.grantEnroll(workflow);
Tags.of(own).add('url', first.url);
app.synth();
`;

beforeAll(() => {
  run(root, 'infra/package/main.ts', dist);
  const [{ filename }] = JSON.parse(npm(folder, 'pack', dist, '--json', '--pack-destination', folder));
  mkdirSync(join(app, 'node_modules'), { recursive: true });
  writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
  npm(app, 'install', '--offline', '--legacy-peer-deps', '--no-audit', '--no-fund', join(folder, filename));
  // What the app would have installed beside it.
  for (const peer of ['aws-cdk-lib', 'constructs', '@types']) {
    symlinkSync(join(root, 'node_modules', peer), join(app, 'node_modules', peer));
  }
  writeFileSync(join(app, 'app.ts'), source);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the package', () => {
  it('brings the code of every function, for either custody', () => {
    const entries = [...new Set(Object.values(functions).map(({ entry }) => entry))];
    for (const custody of ['kms', 'pkcs11']) {
      for (const entry of entries) {
        const files = readdirSync(join(app, 'node_modules/enrollment-key-escrow/functions', custody, entry));
        expect(files).toContain('index.mjs');
      }
    }
  });

  it('says nothing of where it was made, and asks for nothing but the CDK', () => {
    const installed = join(app, 'node_modules/enrollment-key-escrow');
    expect(readFileSync(join(installed, 'index.js'), 'utf8')).not.toContain(root);
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    );
    expect([dependencies, Object.keys(peerDependencies)]).toEqual([undefined, ['aws-cdk-lib', 'constructs']]);
  });

  it('brings the sections of the runbook that its alarms name', () => {
    const installed = join(app, 'node_modules/enrollment-key-escrow');
    const runbook = readFileSync(join(installed, 'docs/runbook.md'), 'utf8');
    const code = readFileSync(join(installed, 'index.js'), 'utf8');
    expect(code).toContain('docs/runbook.md#');
    expect(runbook).toContain('\n## canary-failed\n');
    expect(readdirSync(join(installed, 'docs'))).toContain('deploy.md');
  });

  it("names the packages that have a part in the functions' code, and tells their licenses", () => {
    const notices = readFileSync(join(app, 'node_modules/enrollment-key-escrow/THIRD-PARTY-NOTICES'), 'utf8');
    for (const name of ['@aws-sdk/client-dynamodb', '@smithy/core', 'jose', 'node-forge', 'valibot']) {
      expect(notices).toMatch(new RegExp(`^${name} [0-9.]+ \\(.+\\)$`, 'm'));
    }
    expect(notices).toContain('Apache License');
    expect(notices).not.toContain('esbuild');
    const titles = [...notices.matchAll(/^(?:-{80}\n\n|)(\S+ \d+\.\d+\.\S+ \(.+\))\n\n/gm)].map(
      ([, title]) => title,
    );
    expect(titles.length).toBeGreaterThan(20);
    expect(titles).toEqual([...new Set(titles)].sort());
  });

  it("type-checks in an app of another's", () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const strict = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2024'];
    expect(run(app, tsc, ...strict, 'app.ts')).toBe('');
    writeFileSync(join(app, 'wrong.ts'), source.replace("organization: 'example',", ''));
    expect(() => run(app, tsc, ...strict, 'wrong.ts')).toThrow(/organization/);
  });

  it('is synthesized there, with keys in AWS KMS and with keys in a token', () => {
    run(app, 'app.ts');
    const out = join(app, 'cdk.out');
    const template = (stack: string) => readFileSync(join(out, `${stack}.template.json`), 'utf8');
    const stacks = readdirSync(out).filter((name) => name.endsWith('.template.json'));
    expect(stacks).toHaveLength(5);
    expect(template('Own')).toContain('events:detail-type');
    expect(stacks.some((name) => readFileSync(join(out, name), 'utf8').includes('nodejs24.x'))).toBe(true);
    const images = readdirSync(out).filter((name) => name.startsWith('token-image-'));
    expect(images.flatMap((image) => readdirSync(join(out, image)))).toEqual(
      expect.arrayContaining(['Dockerfile', 'functions', 'package.json', 'vendor']),
    );
  });
});
