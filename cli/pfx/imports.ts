import type { PfxTraits } from '#domain/pfx-profile.ts';
import { type ImportVerdict, importVerdicts, type PfxTarget, targetTable } from '#domain/pfx-targets.ts';
import type { Secret } from '#domain/secret.ts';
import { table } from '../terminal/table.ts';

/** Whether a system imports a file, for people. */
export interface ImportFacts extends ImportVerdict {
  /** The system's, for people. */
  name: string;
}

/** Java calls a password beyond ASCII a wrong one, whatever the file. */
const asciiOnly: readonly PfxTarget[] = ['java-8', 'java-17', 'java-26'];

/**
 * Which systems import a file of these traits, in the order of `pfxTargets`.
 * @param password the one that opens it; undefined where none does
 */
export function importFacts(traits: PfxTraits, password: Secret | undefined): ImportFacts[] {
  const beyondAscii = password !== undefined && !isAscii(password);
  return importVerdicts(traits).map((verdict) => {
    const { target } = verdict;
    const { name } = targetTable[target];
    if (!beyondAscii || !asciiOnly.includes(target)) return { name, ...verdict };
    const also = verdict.imports === 'no' ? `, ${verdict.why}` : '';
    return { name, target, imports: 'no', why: `takes passwords of ASCII only${also}` };
  });
}

export function isAscii(password: Secret): boolean {
  return password.bytes().every((byte) => byte >= 0x20 && byte <= 0x7e);
}

/** The same as a table, those that do first. */
export function importTable(facts: readonly ImportFacts[]): string {
  const rows = (['yes', 'perhaps', 'no'] as const).flatMap((answer) =>
    facts
      .filter(({ imports }) => imports === answer)
      .map(({ name, why }) => [`  ${answer}`, name, why] as const),
  );
  const columns = [{ heading: '' }, { heading: '' }, { heading: '' }];
  return table(columns, rows, { headed: false });
}
