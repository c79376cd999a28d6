import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack as CdkStack, Stage, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import * as v from 'valibot';
import { expect } from 'vitest';
import { functions } from '#contract/functions.ts';
import { checkPractices } from '../../infra/checks.ts';
import { EnrollmentKeyEscrow } from '../../infra/enrollment-key-escrow.ts';
import type { EnrollmentKeyEscrowProps } from '../../infra/props.ts';
import { account, Deployed, region } from './deployed.ts';
import { Principals } from './principals.ts';
import { Stack } from './template.ts';

const repository = join(import.meta.dirname, '..', '..');
const configuration = v.object({ context: v.record(v.string(), v.unknown()) });

/** Makes an app with the project's own feature flags, hands it over, and removes what it wrote. */
export function inApp<T>(use: (app: App) => T): T {
  const outdir = mkdtempSync(join(tmpdir(), 'synthesis-'));
  const { context } = v.parse(configuration, JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')));
  try {
    return use(new App({ outdir, context, analyticsReporting: false }));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The construct with an organization's settings, and code that does nothing. */
export function makeEscrow(
  scope: App | CdkStack,
  more: Partial<EnrollmentKeyEscrowProps> = {},
): EnrollmentKeyEscrow {
  const { outdir } = Stage.isStage(scope) ? scope : (Stage.of(scope) ?? expect.unreachable('no app'));
  const folder = join(outdir, 'code');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.mjs'), 'export const handler = async () => ({});\n');
  const code = Object.fromEntries(Object.values(functions).map(({ entry }) => [entry, folder]));
  const props = { env: { account, region }, organization: 'ACME', stage: 'test', code };
  return new EnrollmentKeyEscrow(scope, 'Escrow', { ...props, ...more });
}

/** A configuration, synthesized as `cdk synth` does and held against all practices, as it would stand deployed. */
export interface Configuration {
  deployed: Deployed;
  principals: Principals;
  /** What the practices say of it, as the report that the CDK writes. */
  report: unknown;
  /** The stacks that cannot be deleted while their protection stands. */
  protectedStacks: readonly string[];
  /** The folder of the image of functions that use a token, by its files; empty where there is none. */
  imageFiles: readonly string[];
}

/** Synthesizes a configuration, with a workflow of the organization's in a stack of its own. */
export function synthesize(more: Partial<EnrollmentKeyEscrowProps> = {}): Configuration {
  return inApp((app) => {
    checkPractices(app);
    const escrow = makeEscrow(app, more);
    const workflow = new CdkStack(app, 'Workflow', { env: { account, region } });
    const reason = 'The stack of an organization, where grants stand as the CDK writes them.';
    Validations.of(workflow).acknowledge({ id: 'NIST.800.53.R5-IAMNoInlinePolicy', reason });
    const assumedBy = new ServicePrincipal('lambda.amazonaws.com');
    escrow.grantEnroll(new Role(workflow, 'Workflow', { roleName: 'workflow', assumedBy }));
    const assembly = app.synth();
    const deployed = stacksOf(assembly, ['Workflow']);
    const report = JSON.parse(readFileSync(join(assembly.directory, 'validation-report.json'), 'utf8'));
    const principals = new Principals(deployed);
    const protectedStacks = assembly.stacks
      .filter(({ terminationProtection }) => terminationProtection)
      .map(({ stackName }) => stackName);
    return { deployed, principals, report, protectedStacks, imageFiles: imageFilesIn(assembly.directory) };
  });
}

/** The two stacks of an app that was synthesized, and others. */
export function stacksOf(assembly: CloudAssembly, others: readonly string[] = []): Deployed {
  const read = (name: string) =>
    new Stack(name, readFileSync(assembly.getStackByName(name).templateFullPath, 'utf8'));
  const [vault, service] = ['vault', 'service'].map((name) => read(`enrollment-key-escrow-test-${name}`));
  if (vault === undefined || service === undefined) throw new Error('the stacks are not there');
  return new Deployed(vault, service, others.map(read));
}

function imageFilesIn(folder: string): string[] {
  const image = readdirSync(folder).find((name) => name.startsWith('token-image-'));
  if (image === undefined) return [];
  return readdirSync(join(folder, image), { recursive: true, encoding: 'utf8' }).sort();
}
