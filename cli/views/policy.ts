import { printable } from '#domain/plain-words.ts';
import { type Finding, placeOf } from '#policy/finding.ts';

/**
 * Findings for a person to read: where, what is wrong, and below it what to do.
 * @param pathOf the path of one of the policy's files as the person named it
 */
export function tellFindings(findings: readonly Finding[], pathOf: (file: string) => string): string {
  const lines = findings.flatMap((finding) => {
    const place = placeOf(finding).replace(finding.file, pathOf(finding.file));
    return [`${place}: ${finding.why}`, `    ${finding.next}`];
  });
  const count = findings.length === 1 ? 'One thing is wrong' : `${findings.length} things are wrong`;
  return [...lines, `${count} with the policy.`].map(printable).join('\n');
}

/** What a policy answered to one question. */
export interface Answer {
  question: string;
  allowed: boolean;
  rules: readonly { id: string; line?: number }[];
  reason: string;
  contact?: string;
  /** Whether the policy permits it, and a floor takes the permission back. */
  byFloor: boolean;
}

/** @param file the path of the policy's text */
export function tellAnswer(answer: Answer, file: string): string {
  const { question, allowed, rules, reason, contact, byFloor } = answer;
  const lines = [
    `${allowed ? 'Allowed' : 'Refused'}: ${question}`,
    ...rules.map(({ id, line }) => `  rule     ${id}${line === undefined ? '' : ` (${file}:${line})`}`),
    `  reason   ${reason}`,
    ...(contact === undefined ? [] : [`  contact  ${contact}`]),
    ...(byFloor
      ? ['  note     The policy permits it, and no policy may: escrow policy check says more.']
      : []),
  ];
  return lines.map(printable).join('\n');
}
