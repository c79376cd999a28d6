import { createHash } from 'node:crypto';
import { issuerCertificate, material } from './material.ts';
import type { FilePlan } from './plan.ts';

/** What a reader found: one private key, and certificates with its own first. */
export interface Content {
  privateKey: Uint8Array;
  certificates: readonly Uint8Array[];
}

/** A short name of key, leaf and certificates, in which the order of the others does not matter. */
export function fingerprint({ privateKey, certificates }: Content): string {
  const [leaf, ...others] = certificates.map(digest);
  return [digest(privateKey), leaf ?? 'no leaf', ...new Set(others.sort())].join(' ');
}

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64');

/** What a described file holds. @returns undefined unless it is one undamaged key with its certificate */
export function contentOf({ safes }: FilePlan): Content | undefined {
  const bags = safes.flatMap((safe) => (safe.kind === 'enveloped' ? [] : safe.bags));
  const [key, ...more] = bags.flatMap((bag) => (bag.holds === 'shrouded key' ? [bag] : []));
  const names = bags.flatMap((bag) => (bag.holds === 'certificate' ? [bag.of] : []));
  if (key === undefined || more.length > 0 || key.damage !== undefined || !names.includes(key.key))
    return undefined;
  const { pkcs8, certificate } = material(key.key);
  const leafAt = names.indexOf(key.key);
  const others = names.filter((_, i) => i !== leafAt);
  const certificates = others.map((name) =>
    name === 'issuer' ? issuerCertificate() : material(name).certificate,
  );
  return { privateKey: pkcs8, certificates: [certificate, ...certificates] };
}
