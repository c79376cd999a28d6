import { join } from 'node:path';
import { routes } from '#contract/routes.ts';
import { holdFloors } from '#domain/floors.ts';
import { type PolicyFacts, questionOf } from '#domain/policy-document.ts';
import { compilePolicy } from '#policy/compile.ts';
import { describeFacts } from '#policy/describe-question.ts';
import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { factsOf, questionOptions } from '../policies/facts.ts';
import { readPolicyText } from '../policies/read-folder.ts';
import type { Client } from '../server/client.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { type Answer, tellAnswer } from '../views/policy.ts';

/** Asks a policy one question, offline, and says which rules decided. */
export const policySimulate = command({
  words: ['policy', 'simulate'],
  group: 'Offline checks',
  summary: 'ask a policy one question, and say which rules decided',
  about: [
    'Asks the policy in DIR one question, offline, as the service would ask it, and says what it answers, by which rules, where they stand and why. What no policy may permit is refused here, too.',
    'Without DIR, the server is asked: the policy that decides there or, with --proposal, the one that is proposed.',
  ],
  operand: { name: 'DIR' },
  options: {
    ...questionOptions,
    proposal: { type: 'boolean', says: 'without DIR: ask the policy that is proposed' },
    json: jsonOption,
    ...connectionOptions,
  },
  exits: { 0: 'it is allowed', 1: 'it is refused, or the policy cannot be read', ...serverExits },
  examples: [
    'escrow policy simulate policies/federal --action Export --purpose encryption --role subscriber --assurance medium-hardware --exportable yes',
    [
      'escrow policy simulate --action Escrow --purpose encryption',
      'by the policy that decides on the server',
    ],
  ],
  async run(values, context, folder) {
    const facts = factsOf(values);
    const { told, file } =
      folder === ''
        ? await askServer(await openClient(values, context), facts, values.proposal === true)
        : await askFolder(folder, facts);
    if (values.json === true) await writeJson(context.output, { ...told, facts });
    else await context.output.data(tellAnswer(told, file));
    return told.allowed ? exitStatus.ok : exitStatus.no;
  },
});

/** What was answered, and what the policy's text is called. */
interface Asked {
  told: Answer;
  file: string;
}

async function askServer(client: Client, facts: PolicyFacts, proposed: boolean): Promise<Asked> {
  const body = { question: facts, proposed };
  const {
    version,
    document: _,
    rules: decided,
    ...answer
  } = await client.call(routes.simulatePolicy, { body });
  const rules = decided.map(({ id, line }) => ({ id, ...(line !== undefined && { line }) }));
  const file = version === undefined ? 'proposal' : `version ${version}`;
  return { told: { question: describeFacts(facts), ...answer, rules }, file };
}

async function askFolder(folder: string, facts: PolicyFacts): Promise<Asked> {
  const policy = await compilePolicy({ cedar: await readPolicyText(folder) });
  const question = questionOf(facts);
  const policyAnswer = await policy.decide(question);
  const answer = holdFloors(question, policyAnswer);
  const rules = answer.rules.map((id) => {
    const rule = policy.rules.find((each) => each.id === id);
    return rule === undefined ? { id } : { id, line: rule.line };
  });
  const told = { question: describeFacts(facts), ...answer, rules, byFloor: answer !== policyAnswer };
  return { told, file: join(folder, 'policy.cedar') };
}
