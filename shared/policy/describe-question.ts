import type { PolicyFacts } from '#domain/policy-document.ts';

/** A question in a few words: `Export of an identity key at medium by subscriber (made, exportable, modern)`. */
export function describeFacts(facts: PolicyFacts): string {
  const { action, purpose, assurance = 'medium', roles = [], groups = [], subject } = facts;
  const who = [...roles, ...groups.map((group) => `group ${group}`)].join(' and ');
  const known = detailsOf(facts);
  const of = `${action} of ${purpose === 'identity' ? 'an identity' : 'an encryption'} key at ${assurance}`;
  const by = who === '' ? 'somebody without a role' : who;
  const named = subject === undefined || subject === 'somebody' ? '' : ` (${subject})`;
  return `${of} by ${by}${named}${known.length === 0 ? '' : `, ${known.join(', ')}`}`;
}

function detailsOf(facts: PolicyFacts): string[] {
  const { custody, keySpec, stage, exportable, lock, escrow } = facts;
  const { subscriber, profile, length, thirdParty, agents } = facts;
  return [
    ...[custody, keySpec, stage].filter((word) => word !== undefined),
    ...(exportable === undefined ? [] : [exportable ? 'exportable' : 'not exportable']),
    ...(lock === undefined ? [] : [`lock ${lock}`]),
    ...(escrow === undefined ? [] : [`escrow ${escrow}`]),
    ...(subscriber === undefined ? [] : [`key of ${subscriber}`]),
    ...(profile === undefined ? [] : [`profile ${profile}`]),
    ...(length === undefined ? [] : [`${length} characters`]),
    ...(thirdParty === undefined ? [] : [thirdParty ? 'for a third party' : 'for its subscriber']),
    ...(agents === undefined ? [] : [`${agents} ${agents === 1 ? 'agent' : 'agents'}`]),
  ];
}
