import { join } from 'node:path';
import { checkPolicy } from '#policy/check.ts';
import { compilePolicy } from '#policy/compile.ts';
import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { readPolicyFolder } from '../policies/read-folder.ts';
import { tellFindings } from '../views/policy.ts';

/** Says all that is wrong with a policy, offline, before anybody publishes it. */
export const policyCheck = command({
  words: ['policy', 'check'],
  group: 'Offline checks',
  summary: 'say what is wrong with a policy, and run its tests',
  about: [
    'Checks a policy, offline: the Cedar text DIR/policy.cedar and its own tests DIR/tests.json. It must parse and fit the schema (policies/schema.cedarschema); each rule has an id and a reason, and matches something that could be asked; the tests pass; and nothing is permitted that no policy may permit. docs/policy.md says how to write one; policies/ has two to begin with.',
  ],
  operand: { name: 'DIR', required: 'Exactly one folder with a policy must be named.' },
  options: { json: jsonOption },
  exits: { 0: 'it is good', 1: 'something is wrong with it' },
  examples: ['escrow policy check policies/general'],
  async run(values, { output }, folder) {
    const { document, findings: unread } = await readPolicyFolder(folder);
    const findings = document === undefined ? unread : await checkPolicy(document);
    const ok = document !== undefined && findings.length === 0;
    const counts = ok
      ? { rules: (await compilePolicy(document)).rules.length, tests: document.tests.length }
      : undefined;
    if (values.json === true) await writeJson(output, { ok, findings, ...counts });
    else if (counts !== undefined) {
      await output.data(`The policy is good: ${counts.rules} rules, ${counts.tests} tests passed.`);
    } else await output.data(tellFindings(findings, (file) => join(folder, file)));
    return ok ? exitStatus.ok : exitStatus.no;
  },
});
