import { join } from 'node:path';
import { holdFloors } from '#domain/floors.ts';
import { questionOf } from '#domain/policy-document.ts';
import { compilePolicy } from '#policy/compile.ts';
import { describeFacts } from '#policy/describe-question.ts';
import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { factsOf, questionOptions } from '../policies/facts.ts';
import { readPolicyText } from '../policies/read-folder.ts';
import { tellAnswer } from '../views/policy.ts';

/** Asks a policy one question, offline, and says which rules decided. */
export const policySimulate = command({
  words: ['policy', 'simulate'],
  group: 'Offline checks',
  summary: 'ask a policy one question, and say which rules decided',
  about: [
    'Asks the policy in DIR one question, offline, as the service would ask it, and says what it answers, by which rules, where they stand and why. What no policy may permit is refused here, too.',
  ],
  operand: { name: 'DIR', required: 'Exactly one folder with a policy must be named.' },
  options: { ...questionOptions, json: jsonOption },
  exits: { 0: 'it is allowed', 1: 'it is refused, or the policy cannot be read' },
  examples: [
    'escrow policy simulate policies/federal --action Export --purpose encryption --role subscriber --assurance medium-hardware --exportable yes',
  ],
  async run(values, { output }, folder) {
    const facts = factsOf(values);
    const policy = await compilePolicy({ cedar: await readPolicyText(folder) });
    const question = questionOf(facts);
    const policyAnswer = await policy.decide(question);
    const answer = holdFloors(question, policyAnswer);
    const rules = answer.rules.map((id) => {
      const rule = policy.rules.find((each) => each.id === id);
      return rule === undefined ? { id } : { id, line: rule.line };
    });
    const told = { question: describeFacts(facts), ...answer, rules, byFloor: answer !== policyAnswer };
    if (values.json === true) await writeJson(output, { ...told, facts });
    else await output.data(tellAnswer(told, join(folder, 'policy.cedar')));
    return answer.allowed ? exitStatus.ok : exitStatus.no;
  },
});
