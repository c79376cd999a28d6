import type { ConversionConfig } from '@valibot/to-json-schema';

/** Schemas describe text as it is after trimming and NFC, so whoever sends it so is never refused for it. */
export const conversion: ConversionConfig = {
  target: 'draft-2020-12',
  // A check over several fields has no form in JSON Schema; its message says what to do.
  ignoreActions: ['transform', 'partial_check'],
  overrideAction: ({ valibotAction, jsonSchema }) => {
    if (valibotAction.type !== 'regex' || !('requirement' in valibotAction)) return undefined;
    const { requirement } = valibotAction;
    // JSON Schema reads patterns as Unicode ones (2020-12 core, section 6.4).
    return requirement instanceof RegExp && requirement.flags === 'u'
      ? { ...jsonSchema, pattern: requirement.source }
      : undefined;
  },
};
