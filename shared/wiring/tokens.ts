import { environmentNames } from '#contract/environment.ts';
import { InputError, SetUpError } from '#domain/errors.ts';
import { type TokenSettings, tokenSettings } from '#runtime/tokens/token-settings.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/**
 * How access tokens are verified.
 * @throws SetUpError `not-set-up`, naming the setting at fault
 */
export function readTokenSettings({ environment }: Pick<Opening, 'environment'>): TokenSettings {
  const name = environmentNames.tokenSettings;
  try {
    return tokenSettings(given(environment, name));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { field = '', why = 'is not valid' } = error.details;
    const next = 'Correct it in the environment of the function.';
    throw new SetUpError('not-set-up', { field: `${name}: ${field}`, why, next });
  }
}
