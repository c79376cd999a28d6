import { changeSettings } from '#contract/api/organization.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerChangeSettings } from './http.ts';

/** `changeSettings` on AWS Lambda. */
export const handler = await apiFunction('change-settings', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening) };
  return [endpoint('changeSettings', changeSettings, (call) => answerChangeSettings(needs, call))];
});
