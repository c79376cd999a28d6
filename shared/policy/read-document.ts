import * as v from 'valibot';
import { fieldIssues } from '#contract/parse.ts';
import { policyTestsSchema } from '#contract/policy-document.ts';
import { type PolicyDocument, policyLimits } from '#domain/policy-document.ts';
import type { Finding } from './finding.ts';
import { placeAt } from './source.ts';

/**
 * Reads a policy's two files.
 * @param cedar the bytes of `policy.cedar`; UTF-8, with a byte order mark or without
 * @param tests the bytes of `tests.json`
 * @returns the document, or why there is none; that it is a good one, only `checkPolicy` says
 */
export function readDocument(
  cedar: Uint8Array,
  tests: Uint8Array,
): { document: PolicyDocument; findings: readonly [] } | { findings: readonly Finding[] } {
  const text = readCedar(cedar);
  const read = readTests(tests);
  if ('tests' in read && 'text' in text)
    return { document: { cedar: text.text, tests: read.tests }, findings: [] };
  return {
    findings: [...('findings' in text ? text.findings : []), ...('findings' in read ? read.findings : [])],
  };
}

/** Reads the one file that a policy is asked by. @param cedar the bytes of `policy.cedar` */
export function readCedar(cedar: Uint8Array): Decoded {
  return decoded('policy.cedar', cedar, policyLimits.cedarBytes);
}

type Decoded = { text: string } | { findings: Finding[] };

function decoded(file: Finding['file'], bytes: Uint8Array, most: number): Decoded {
  if (bytes.length > most) {
    const why = `It is longer than ${most} bytes.`;
    return { findings: [{ code: 'too-much', file, why, next: 'Shorten it.' }] };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const why = 'It is not UTF-8 from here on.';
    return { findings: [{ code: 'not-text', file, ...wrongByte(bytes), why, next: 'Save it as UTF-8.' }] };
  }
}

/** Where the first byte stands that begins no character. */
function wrongByte(bytes: Uint8Array): { line: number; column: number } {
  // One replacement stands for each wrong byte; those that were typed are three bytes each, and right.
  const lenient = new TextDecoder().decode(bytes);
  const at = [...lenient.matchAll(/\ufffd/g)].find(({ index }) => {
    const before = Buffer.byteLength(lenient.slice(0, index));
    return !(bytes[before] === 0xef && bytes[before + 1] === 0xbf && bytes[before + 2] === 0xbd);
  });
  return placeAt(lenient, at?.index ?? 0);
}

function readTests(bytes: Uint8Array): { tests: PolicyDocument['tests'] } | { findings: Finding[] } {
  const text = decoded('tests.json', bytes, policyLimits.testsBytes);
  if ('findings' in text) return text;
  const json = parseJson(text.text);
  if ('findings' in json) return json;
  const result = v.safeParse(policyTestsSchema, json.value);
  if (result.success) return { tests: result.output };
  return {
    findings: fieldIssues(result.issues).map(({ field, why, next }) => ({
      code: 'tests-unreadable',
      file: 'tests.json',
      why: `${fieldInWords(field)} ${why}.`,
      next,
    })),
  };
}

function parseJson(text: string): { value: unknown } | { findings: Finding[] } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const at = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const place = at === undefined ? {} : placeAt(text, Number(at));
    const next = 'Correct it: a list of questions, each with what it must answer.';
    return {
      findings: [{ code: 'tests-unreadable', file: 'tests.json', ...place, why: 'It is not JSON.', next }],
    };
  }
}

/** `3.roles.0` of a list as people count: `Test 4, roles.0`. */
function fieldInWords(field: string): string {
  const [, index, member] = /^(\d+)(?:\.(.+))?$/.exec(field) ?? [];
  if (index === undefined) return field === '(whole)' ? 'It' : field;
  return `Test ${Number(index) + 1}${member === undefined ? '' : `, ${member},`}`;
}
