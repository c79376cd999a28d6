import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { policyDocumentSchema } from '#contract/policy-document.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';

const folder = new URL('../../../policies/', import.meta.url);

export function policyFile(path: string): string {
  return readFileSync(new URL(path, folder), 'utf8');
}

/** A policy that this software brings, as it is read from its folder. */
export function defaultPolicy(name: 'general' | 'federal'): PolicyDocument {
  return v.parse(policyDocumentSchema, {
    cedar: policyFile(`${name}/policy.cedar`),
    tests: JSON.parse(policyFile(`${name}/tests.json`)),
  });
}

/** A rule with name and reason. @param rest from the scope on, without the semicolon */
export function rule(id: string, rest: string): string {
  return `@id("${id}")\n@reason("Because of ${id}.")\n${rest};\n`;
}

/** A rule that permits an action where a condition holds. */
export function permit(id: string, action: string, condition = 'true'): string {
  return rule(
    id,
    `permit (principal, action == Escrow::Action::"${action}", resource) when { ${condition} }`,
  );
}

export function forbid(id: string, action: string, condition = 'true'): string {
  return rule(
    id,
    `forbid (principal, action == Escrow::Action::"${action}", resource) when { ${condition} }`,
  );
}
