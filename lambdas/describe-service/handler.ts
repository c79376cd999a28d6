import {
  readApiDescription,
  readHealth,
  readKeySet,
  readResourceMetadata,
} from '#contract/api/operations.ts';
import { environmentNames } from '#contract/environment.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { readDescription } from '#wiring/api-description.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { given } from '#wiring/environment.ts';
import { openKeys } from '#wiring/keys.ts';
import { readTokenSettings } from '#wiring/tokens.ts';
import {
  answerReadApiDescription,
  answerReadHealth,
  answerReadKeySet,
  answerReadResourceMetadata,
} from './http.ts';

/** The routes that anyone may ask, on AWS Lambda. */
export const handler = await apiFunction('describe-service', async (opening) => {
  const [keys, openApi] = await Promise.all([openKeys(opening), readDescription()]);
  const { issuer } = readTokenSettings(opening);
  const description = { issuer, resource: given(opening.environment, environmentNames.resource), openApi };
  return [
    endpoint('readHealth', readHealth, () => answerReadHealth(opening)),
    endpoint('readKeySet', readKeySet, () => answerReadKeySet({ keys })),
    endpoint('readResourceMetadata', readResourceMetadata, () => answerReadResourceMetadata(description)),
    endpoint('readApiDescription', readApiDescription, () => answerReadApiDescription(description)),
  ];
});
