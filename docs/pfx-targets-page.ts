import { otherTargetNames } from '#domain/pfx-target-names.ts';
import { type PfxTarget, pfxTargets, targetTable } from '#domain/pfx-targets.ts';

/** The page about the systems that a PFX may be meant for: what each is given, and where that is known from. */
export function pfxTargetsPage(): string {
  return [
    '# PFX files for each system',
    '',
    '`escrow export ID --for TARGET` writes a backup in the form that the system named takes, and `escrow convert FILE --for TARGET`',
    're-writes one; `escrow verify FILE` says which systems import a file. The profiles: `modern` is AES-256 with a SHA-256 MAC;',
    '`compatible` is triple DES with a SHA-1 MAC, where the policy of the organization allows it; `pbmac1` is `modern` with PBMAC1',
    '(RFC 9879), and is never chosen by target: ask for it by `--profile pbmac1`.',
    '',
    'A name without a version means the versions that its vendor still maintains. *Tried*: `here` where an automated test of this',
    'project opens our files with it.',
    '',
    '| target | system | profile | reads `modern` since | reads PBMAC1 since | most iterations | tried |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...pfxTargets.map(row),
    '',
    ...otherNames(),
    '',
    'No system is known to import a file that is protected by a signature instead of a MAC.',
    ...allowing,
    ...pfxTargets.flatMap(section),
    '',
  ].join('\n');
}

/** Names that are taken, too. */
function otherNames(): string[] {
  const names = Object.entries(otherTargetNames);
  return [
    'Other names that `--for` takes, each for a system of the table that takes the same:',
    '',
    '| name | as |',
    '| --- | --- |',
    ...names.map(
      ([name, { target, since }]) =>
        `| \`${name}\`${since === undefined ? '' : `, ${since}`} | \`${target}\` |`,
    ),
  ];
}

/** What an administrator does so that subscribers may take copies for old systems. */
const allowing = [
  '',
  '## How to allow `compatible`',
  '',
  'The general policy allows `modern` only. Whoever sets an organization up that shall allow more begins with a copy of it, in the root',
  'of the clone:',
  '',
  '```bash',
  'cp -r policies/general own-policy',
  '# In own-policy/policy.cedar, let the rule profile-not-allowed forbid the action Export alone (`action == Escrow::Action::"Export"`).',
  'escrow policy check own-policy   # its tests say what changed: correct those in own-policy/tests.json, too',
  'escrow init --policy own-policy',
  '```',
  '',
  'With it every subscriber may take such a copy of an own key that may leave, under a generated password only; each is recorded.',
  'Escrowed backups stay `modern`.',
];

function row(target: PfxTarget): string {
  const { name, profile, modernSince, pbmac1Since, mostIterations, tried } = targetTable[target];
  const most = mostIterations?.toLocaleString('en-US') ?? 'no limit known';
  return `| \`${target}\` | ${name} | \`${profile}\` | ${modernSince} | ${pbmac1Since} | ${most} | ${tried} |`;
}

function section(target: PfxTarget): string[] {
  const { name, note, details, uncertain, sources } = targetTable[target];
  return [
    '',
    `## ${name}`,
    '',
    ...[note ?? [], details ?? []].flat().flatMap((told) => [told, '']),
    ...(uncertain === undefined ? [] : [`*Uncertain*: ${uncertain}`, '']),
    ...sources.map(({ says, url }) => `- ${says} <${url}>`),
  ];
}
