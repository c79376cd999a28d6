import { describe, expect, it } from 'vitest';
import { FeedTail, FeedTails, mostPages, type NamedPage, namedPage } from '#adapters/dynamodb/feed-tails.ts';
import { acceptedEvent } from '#test/contract/records.ts';

const eventOf = (number: number) => ({ ...acceptedEvent('e'), id: `e-${number}` });
const pageOf = (number: number): NamedPage =>
  namedPage({ number, written: number * 1_000, events: [eventOf(number)], isSuperseded: true });
/** Newest first. */
const pages = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => pageOf(to - index));

describe('the tail of a feed', () => {
  it('that is not known reaches back to anything, and holds nothing', () => {
    const tail = new FeedTail();
    expect([tail.newest, tail.reachesBackTo(0), tail.has(eventOf(1))]).toEqual([0, true, false]);
  });

  it('reaches back to before its oldest page was appended', () => {
    const tail = new FeedTail();
    tail.append(pages(5, 9));
    expect([tail.reachesBackTo(5_001), tail.reachesBackTo(5_000)]).toEqual([true, false]);
    tail.prepend(pages(2, 4));
    expect([tail.reachesBackTo(5_000), tail.reachesBackTo(2_000)]).toEqual([true, false]);
    tail.beginsHere();
    expect(tail.reachesBackTo(0)).toBe(true);
  });

  it('takes no page twice, and none of another place', () => {
    const tail = new FeedTail();
    tail.append(pages(5, 9));
    tail.append(pages(8, 10));
    tail.prepend(pages(1, 3));
    expect([tail.oldest, tail.newest, tail.length]).toEqual([5, 10, 6]);
    tail.append(pages(20, 21));
    expect([tail.oldest, tail.newest, tail.has(eventOf(9))]).toEqual([20, 21, false]);
  });

  it('forgets the oldest where there are too many', () => {
    const tail = new FeedTail();
    tail.append(pages(1, mostPages));
    tail.append([pageOf(mostPages + 1)]);
    expect([tail.oldest, tail.length, tail.has(eventOf(1))]).toEqual([2, mostPages, false]);
    expect(tail.reachesBackTo(0)).toBe(true);
  });
});

describe('the tails of several feeds', () => {
  it('are kept until there are too many pages, and those forgotten first that were asked for first', () => {
    const tails = new FeedTails();
    const half = mostPages / 2;
    for (const name of ['a', 'b']) tails.of(name).append(pages(1, half));
    expect(tails.of('a').length).toBe(half);
    tails.of('c').append(pages(1, half));
    expect(tails.of('c').length).toBe(half);
    expect([tails.of('a').length, tails.of('b').length]).toEqual([half, 0]);
  });
});
