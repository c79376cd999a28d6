import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as v from 'valibot';
import { checkPractices } from '../../infra/checks.ts';
import { VaultStack } from '../../infra/vault-stack.ts';

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

/** The template of the vault stack, held against the practices as `cdk synth` does. */
export function vaultTemplate(): Template {
  return inApp((app) => {
    checkPractices(app);
    return Template.fromStack(makeVault(app));
  });
}

export function makeVault(app: App): Stack {
  return new VaultStack(app, { stage: 'test', account: '111122223333', region: 'us-west-2' });
}

const resource = v.looseObject({
  Properties: v.record(v.string(), v.unknown()),
  DeletionPolicy: v.optional(v.string()),
  UpdateReplacePolicy: v.optional(v.string()),
});
export type Resource = v.InferOutput<typeof resource>;

/**
 * The one resource of a type whose logical id begins as given.
 * @throws Error if there is none, or more than one
 */
export function only(template: Template, type: string, idPrefix: string): Resource {
  const found = Object.entries(template.findResources(type)).filter(([id]) => id.startsWith(idPrefix));
  const [first, second] = found;
  if (first === undefined || second !== undefined) {
    throw new Error(`expected one ${type} named ${idPrefix}, found ${found.length}`);
  }
  return v.parse(resource, first[1]);
}
