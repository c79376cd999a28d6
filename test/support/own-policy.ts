import type { PolicyDocument } from '#domain/policy-document.ts';

/** A good policy of one rule, which is called by a letter: everybody may enroll, and nothing else is permitted. */
export function ownPolicy(letter: string): PolicyDocument {
  return {
    cedar: `@id("rule-${letter}") @reason("Everybody enrolls.")
permit (principal, action == Escrow::Action::"Enroll", resource);
`,
    tests: [{ action: 'Enroll', purpose: 'identity', expect: 'allowed' }],
  };
}
