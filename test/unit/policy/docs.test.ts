import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { policyActions } from '#domain/policy.ts';
import { roles } from '#domain/principal.ts';
import { checkPolicy } from '#policy/check.ts';
import { readDocument } from '#policy/read-document.ts';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const page = read('docs/policy.md');

function block(language: string): Buffer {
  return Buffer.from(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? '');
}

describe('docs/policy.md', () => {
  it('shows a policy that is good', async () => {
    const { document, findings } = { document: undefined, ...readDocument(block('cedar'), block('json')) };
    expect(findings).toEqual([]);
    expect(document?.tests).toHaveLength(3);
    expect(document && (await checkPolicy(document))).toEqual([]);
  });

  it('tells of every action, role, attribute, floor and finding', () => {
    const code = (path: string, pattern: RegExp) => [...read(path).matchAll(pattern)].map(([, name]) => name);
    const attributes = code('policies/schema.cedarschema', /^ {4}(\w+)\??: /gm);
    const floors = code('shared/domain/floors.ts', /'(floor-[a-z-]+)',\n {4}reason/g);
    const findings = code('shared/policy/finding.ts', /^ {2}\| '([a-z-]+)'/gm);
    expect([attributes.length, floors.length, findings.length].every((count) => count >= 6)).toBe(true);
    for (const name of [...policyActions, ...roles, ...attributes, ...floors, ...findings]) {
      expect(page).toMatch(new RegExp(`[\`.]${name}\\b`));
    }
  });
});
