import { withdrawProposal } from '#contract/api/policy.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerWithdrawProposal } from './http.ts';

/** `withdrawProposal` on AWS Lambda. */
export const handler = await apiFunction('withdraw-proposal', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening) };
  return [endpoint('withdrawProposal', withdrawProposal, (call) => answerWithdrawProposal(needs, call))];
});
