import type { NeedReport, ProbeReport } from '#adapters/pkcs11/probe.ts';
import type { KeySpec } from '#domain/key-spec.ts';

/** What the service can do with a token, a sentence each, the worst first. */
export function meaningOf({ needs }: Pick<ProbeReport, 'needs'>): string[] {
  const works = (serves: NeedReport['serves'], spec?: KeySpec) => {
    const meant = needs.filter(
      (need) => need.serves === serves && (spec === undefined || need.spec === spec),
    );
    return meant.length > 0 && meant.every((need) => need.works);
  };
  const specs = [
    ...new Set(
      needs.flatMap(({ serves, spec }) => (serves === 'resident keys' && spec !== undefined ? [spec] : [])),
    ),
  ];
  const resident = specs.filter((spec) => works('resident keys', spec));
  const lacking = specs.filter((spec) => !resident.includes(spec));
  return [
    ...(works('refusal') ? [] : [gaveUp]),
    ...(works('own keys') && works('resident keys', 'ECC_NIST_P256') ? [] : [noService]),
    ...(resident.length === 0 ? [] : [`Keys that never leave the token: ${resident.join(', ')}.`]),
    ...(lacking.length === 0
      ? []
      : [`No such keys of ${lacking.join(', ')}: enrollments that ask for one are refused.`]),
    exportMeaning(needs, works('exportable keys')),
    works('imported keys')
      ? 'Recovered keys can be brought in, never to leave again.'
      : 'Recovered keys cannot all be brought in.',
    ...(works('requests')
      ? []
      : ['Not every key for encryption that stays in the token can sign its own request.']),
    ...(works('signatures') ? [] : ['Not every RSA key signs by PSS; whoever asks for that is refused.']),
  ];
}

const gaveUp =
  'THE TOKEN DOES NOT KEEP ITS KEYS: it gave up one that must not leave, or could not be tried. Do not use it for keys that never leave.';
const noService =
  'THE SERVICE DOES NOT START ON THIS TOKEN: it needs a P-256 key and an HMAC-SHA256 key of its own there.';

/** The rungs of the ladder are tried from the first; any that works is enough. */
function exportMeaning(needs: readonly NeedReport[], wraps: boolean): string {
  const rung = needs.find(({ serves, works }) => serves === 'export' && works);
  if (!wraps || rung === undefined) {
    return 'No exportable keys, so no backups and no copies of them: only keys that never leave the token.';
  }
  return `Exportable keys, with backups and copies, by ${rung.need.replace(/^export, /, '')}.`;
}
