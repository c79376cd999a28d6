import { isPrintableAscii } from '#crypto/passwords.ts';
import type { PfxTraits } from '#domain/pfx-profile.ts';
import { type ImportVerdict, importVerdicts, type PfxTarget, targetTable } from '#domain/pfx-targets.ts';
import type { Secret } from '#domain/secret.ts';
import { table } from '../terminal/table.ts';
import type { KeyFacts } from './key-facts.ts';

/** Whether a system imports a file, for people. */
export interface ImportFacts extends ImportVerdict {
  /** The system's, for people. */
  name: string;
}

/** Java calls a password beyond ASCII a wrong one, whatever the file. */
const asciiOnly: readonly PfxTarget[] = ['java-8', 'java-17', 'java-26'];

/** What programs were seen to do with a private key whose certificate is not there; of the others nothing is known. */
const withoutCertificate: Partial<Record<PfxTarget, string>> = {
  firefox: 'takes no private key without its certificate',
  'java-17': 'finds no certificate of its private key, without which no program can use it',
};

/**
 * Which systems import a file of these traits, in the order of `pfxTargets`.
 * @param password the one that opens it; undefined where none does
 * @param keys what was found in it; undefined where that is not known, or all is as it should be
 */
export function importFacts(
  traits: PfxTraits,
  password: Secret | undefined,
  keys?: readonly KeyFacts[],
): ImportFacts[] {
  const beyondAscii = password !== undefined && !isPrintableAscii(password);
  return importVerdicts(traits).map((verdict) => {
    const { target } = verdict;
    const obstacles = [
      ...(keys === undefined ? [] : keyObstacles(keys, target)),
      ...(beyondAscii && asciiOnly.includes(target) ? [no('takes passwords of ASCII only')] : []),
    ];
    return { name: targetTable[target].name, ...obstacles.reduceRight(joined, verdict) };
  });
}

type Obstacle = Pick<ImportVerdict, 'imports' | 'why'>;
const no = (why: string): Obstacle => ({ imports: 'no', why });
const perhaps = (why: string): Obstacle => ({ imports: 'perhaps', why });

/** What of the private keys stands against any import, however they are protected. */
function keyObstacles(keys: readonly KeyFacts[], target: PfxTarget): Obstacle[] {
  if (keys.length === 0) return [no('there is no private key to import')];
  if (keys.every(({ state }) => state === 'damaged')) return [no('its private key is damaged')];
  if (keys.some(({ state }) => state === 'not tried'))
    return [perhaps('may not read this kind of private key')];
  if (keys.every(({ certificate }) => certificate !== null)) return [];
  const refused = keys.length === 1 ? withoutCertificate[target] : undefined;
  return [refused === undefined ? perhaps('may take no private key without its certificate') : no(refused)];
}

/** What is surely so is told alone, as in the table of systems itself. */
function joined(verdict: ImportVerdict, { imports, why }: Obstacle): ImportVerdict {
  if (verdict.imports === 'no' && imports === 'perhaps') return verdict;
  const also = verdict.imports === imports ? `, ${verdict.why}` : '';
  return { ...verdict, imports, why: `${why}${also}` };
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
