import * as v from 'valibot';

const keySchema = v.strictObject({
  id: v.string(),
  arn: v.string(),
  spec: v.string(),
  usage: v.string(),
  origin: v.picklist(['AWS_KMS', 'EXTERNAL']),
  state: v.picklist(['Enabled', 'Disabled', 'PendingImport', 'PendingDeletion']),
  description: v.string(),
  /** Milliseconds since 1970. */
  created: v.number(),
  deletion: v.optional(v.number()),
  tags: v.record(v.string(), v.string()),
  /** The key itself in base64: 32 bytes, or PKCS#8 in DER. A stand-in has nothing to keep it in but a file. */
  material: v.optional(v.string()),
  /** SHA-256 of the material that was imported first: only the same may be imported again. */
  importedOnce: v.optional(v.string()),
});

export type KmsKey = v.InferOutput<typeof keySchema>;

const accountSchema = v.strictObject({ aliases: v.record(v.string(), v.string()) });

export function parseKey(text: string): KmsKey {
  return v.parse(keySchema, JSON.parse(text));
}

export function parseAliases(text: string): Record<string, string> {
  return v.parse(accountSchema, JSON.parse(text)).aliases;
}
