import { describe, expect, it } from 'vitest';
import { isAbout, like, type RequestContext, statementsOf } from './policy.ts';

const holds = (Condition: object, context: RequestContext): boolean =>
  statementsOf({ Statement: { Effect: 'Allow', Action: 's3:Get*', Resource: '*', Condition } }).some((one) =>
    isAbout(one, 's3:GetObject', context),
  );

describe('the evaluator of policies', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'ab', false],
    ['alias/x/resident/k', 'alias/x/resident/*', true],
    ['a.b', 'aXb', false],
    ['arn:x/y', '*', true],
    ['dead-letters#', 'dead-letters#*', true],
  ])('finds %s like %s: %s', (text, pattern, expected) => {
    expect(like(text, pattern)).toBe(expected);
  });

  it.each([
    ['StringEquals', { StringEquals: { k: ['a', 'b'] } }, { k: 'b' }, true],
    ['StringEquals of what is not there', { StringEquals: { k: 'a' } }, {}, false],
    ['StringNotEquals of what is not there', { StringNotEquals: { k: 'a' } }, {}, true],
    ['StringNotEquals of several', { StringNotEquals: { k: ['a', 'b'] } }, { k: 'b' }, false],
    ['StringEqualsIfExists of what is not there', { StringEqualsIfExists: { k: 'a' } }, {}, true],
    ['StringEqualsIfExists of another', { StringEqualsIfExists: { k: 'a' } }, { k: 'b' }, false],
    ['Null of what is not there', { Null: { k: 'true' } }, {}, true],
    ['Null of what is there', { Null: { k: ['false'] } }, { k: 'a' }, true],
    ['Bool', { Bool: { k: 'false' } }, { k: 'true' }, false],
    ['a number', { NumericGreaterThan: { k: '10' } }, { k: '9' }, false],
    ['ForAllValues', { 'ForAllValues:StringLike': { k: 'a#*' } }, { k: ['a#1', 'a#2'] }, true],
    [
      'ForAllValues where one differs',
      { 'ForAllValues:StringLike': { k: 'a#*' } },
      { k: ['a#1', 'b#2'] },
      false,
    ],
    ['ForAllValues of what is not there', { 'ForAllValues:StringEquals': { k: 'a' } }, {}, true],
    ['ArnNotEquals', { ArnNotEquals: { k: 'arn:a' } }, { k: 'arn:a' }, false],
    ['two keys, of which one differs', { StringEquals: { k: 'a', l: 'b' } }, { k: 'a', l: 'c' }, false],
  ])('decides on %s', (_what, condition, context, expected) => {
    expect(holds(condition, context)).toBe(expected);
  });

  it('does not pass over an operator that it does not know', () => {
    expect(() => holds({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, {})).toThrow('IpAddress');
  });
});
