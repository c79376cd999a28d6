import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyProof,
  Frontier,
  inclusionProof,
  leafHash,
  merkleRoot,
  nodeHash,
  sha256,
  verifyConsistency,
  verifyInclusion,
} from '#crypto/ledger/merkle.ts';
import { InternalError } from '#domain/errors.ts';

// The leaves, roots and proofs that Certificate Transparency's own programs are tested with, for RFC 6962 and RFC 9162 alike:
// github.com/google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc; carried on in
// github.com/transparency-dev/merkle, testonly/. Indexes count from 0 here.
const published = {
  leaves: [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ],
  roots: [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ],
  leafHashes: {
    1: '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    4: 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
  },
  inclusion: [
    { index: 0, size: 1, proof: [] },
    {
      index: 0,
      size: 8,
      proof: [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    },
    {
      index: 5,
      size: 8,
      proof: [
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    },
    {
      index: 2,
      size: 3,
      proof: ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    },
    {
      index: 1,
      size: 5,
      proof: [
        '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    },
  ],
  consistency: [
    { earlier: 1, later: 1, proof: [] },
    {
      earlier: 1,
      later: 8,
      proof: [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    },
    {
      earlier: 6,
      later: 8,
      proof: [
        '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    },
    {
      earlier: 2,
      later: 5,
      proof: [
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    },
  ],
};

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const hexOf = (hashes: readonly Uint8Array[]) => hashes.map((each) => Buffer.from(each).toString('hex'));
const publishedLeaves = published.leaves.map((leaf) => leafHash(bytes(leaf)));
const publishedRoot = (size: number) => bytes(published.roots[size] ?? '');

describe('the published tree of Certificate Transparency', () => {
  it('has the leaf hashes', () => {
    for (const [index, expected] of Object.entries(published.leafHashes)) {
      expect(publishedLeaves[Number(index)]?.toString('hex')).toBe(expected);
    }
  });

  it.each([...published.roots.keys()])('has the root over %i leaves', (size) => {
    expect(merkleRoot(publishedLeaves.slice(0, size)).toString('hex')).toBe(published.roots[size]);
  });

  it.each(published.inclusion)(
    'has the inclusion proof of leaf $index of $size',
    ({ index, size, proof }) => {
      expect(hexOf(inclusionProof(publishedLeaves.slice(0, size), index))).toEqual(proof);
      const leaf = publishedLeaves[index] ?? Buffer.alloc(0);
      const claim = { index, size, leaf, proof: proof.map(bytes), root: publishedRoot(size) };
      expect(verifyInclusion(claim)).toBe(true);
      expect(verifyInclusion({ ...claim, root: publishedRoot(size - 1) })).toBe(false);
    },
  );

  it.each(published.consistency)(
    'has the consistency proof of $earlier and $later',
    ({ earlier, later, proof }) => {
      expect(hexOf(consistencyProof(publishedLeaves.slice(0, later), earlier))).toEqual(proof);
      const claim = {
        earlierSize: earlier,
        laterSize: later,
        earlierRoot: publishedRoot(earlier),
        laterRoot: publishedRoot(later),
        proof: proof.map(bytes),
      };
      expect(verifyConsistency(claim)).toBe(true);
      expect(verifyConsistency({ ...claim, earlierRoot: publishedRoot(earlier - 1) })).toBe(false);
    },
  );
});

/** The definition of RFC 9162 section 2.1.1, word for word, as the yardstick of what goes leaf by leaf. */
function rootByDefinition(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return only;
  const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return nodeHash(rootByDefinition(leaves.slice(0, split)), rootByDefinition(leaves.slice(split)));
}

const leavesOf = (size: number) =>
  Array.from({ length: size }, (_, index) => leafHash(bytes(index.toString(16).padStart(4, '0'))));
const all = leavesOf(130);

describe('a tree that grows', () => {
  it('has the root of the definition at every size, and goes on from what was kept', () => {
    let frontier = new Frontier();
    for (const [index, leaf] of all.entries()) {
      expect(frontier.root()).toEqual(rootByDefinition(all.slice(0, index)));
      frontier = Frontier.from(frontier.size, frontier.nodes());
      frontier.append(leaf);
    }
    expect(frontier.size).toBe(all.length);
  });

  it('is not changed through what it gives away', () => {
    const frontier = new Frontier();
    frontier.append(leafHash(bytes('01')));
    const root = frontier.root().toString('hex');
    frontier.nodes().pop();
    frontier.root().fill(0);
    expect(frontier.root().toString('hex')).toBe(root);
  });

  it.each([
    [3, 1],
    [4, 2],
    [0, 1],
    [-1, 0],
    [1.5, 1],
    [Number.NaN, 0],
  ])('does not go on at size %d from %i hashes', (size, count) => {
    expect(() => Frontier.from(size, leavesOf(count))).toThrow(InternalError);
  });

  it('does not go on from what is no hash', () => {
    expect(() => Frontier.from(1, [Buffer.alloc(31)])).toThrow(InternalError);
  });
});

const sizes = fc.integer({ min: 1, max: all.length });
const placed = sizes.chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size)));
/** A place in some bytes, and what is added to what stands there. */
const change = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));

function changed(hash: Uint8Array, [place, by]: [number, number]): Buffer {
  const copy = Buffer.from(hash);
  const at = place % copy.length;
  copy[at] = ((copy[at] ?? 0) + by) % 256;
  return copy;
}

describe('inclusion proofs', () => {
  const claimOf = (index: number, size: number) => {
    const leaves = all.slice(0, size);
    const leaf = all[index] ?? Buffer.alloc(0);
    return { index, size, leaf, proof: inclusionProof(leaves, index), root: merkleRoot(leaves) };
  };

  it('verify for every leaf of every size up to 33, and for no other leaf', () => {
    for (let size = 1; size <= 33; size++) {
      for (let index = 0; index < size; index++) {
        const claim = claimOf(index, size);
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, index: (index + 1) % size })).toBe(size === 1);
      }
    }
  });

  it('verify no more once any byte is another', () => {
    fc.assert(
      fc.property(placed, change, fc.nat(), ([index, size], by, which) => {
        const claim = claimOf(index, size);
        expect(verifyInclusion({ ...claim, leaf: changed(claim.leaf, by) })).toBe(false);
        expect(verifyInclusion({ ...claim, root: changed(claim.root, by) })).toBe(false);
        const proof = claim.proof.map((hash, step) =>
          step === which % claim.proof.length ? changed(hash, by) : hash,
        );
        expect(verifyInclusion({ ...claim, proof })).toBe(claim.proof.length === 0);
      }),
    );
  });

  it('verify no more with a hash too many, too few or too short', () => {
    fc.assert(
      fc.property(placed, ([index, size]) => {
        const claim = claimOf(index, size);
        expect(verifyInclusion({ ...claim, proof: [...claim.proof, claim.leaf] })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: claim.proof.slice(1) })).toBe(claim.proof.length === 0);
        expect(verifyInclusion({ ...claim, leaf: claim.leaf.subarray(1) })).toBe(false);
      }),
    );
  });

  it.each([
    [-1, 4],
    [4, 4],
    [0, 0],
    [0.5, 4],
    [0, Number.NaN],
    [0, Number.MAX_VALUE],
    [1, Number.MAX_SAFE_INTEGER],
  ])('of leaf %d in a tree of %d do not verify', (index, size) => {
    expect(verifyInclusion({ ...claimOf(0, 4), index, size })).toBe(false);
  });

  it('are not made for a leaf that is not there', () => {
    for (const index of [-1, 4, 0.5])
      expect(() => inclusionProof(all.slice(0, 4), index)).toThrow(InternalError);
  });
});

describe('consistency proofs', () => {
  const claimOf = (earlierSize: number, laterSize: number) => {
    const later = all.slice(0, laterSize);
    return {
      earlierSize,
      laterSize,
      earlierRoot: merkleRoot(later.slice(0, earlierSize)),
      laterRoot: merkleRoot(later),
      proof: consistencyProof(later, earlierSize),
    };
  };

  it('verify for every two sizes up to 33, and for no other earlier size', () => {
    for (let later = 0; later <= 33; later++) {
      for (let earlier = 0; earlier <= later; earlier++) {
        const claim = claimOf(earlier, later);
        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, earlierSize: earlier + 1 })).toBe(false);
      }
    }
  });

  it('verify no more once any byte is another, or a hash is missing or too many', () => {
    fc.assert(
      fc.property(placed, change, fc.nat(), ([earlier, later], by, which) => {
        const claim = claimOf(earlier, later);
        expect(verifyConsistency({ ...claim, earlierRoot: changed(claim.earlierRoot, by) })).toBe(false);
        expect(verifyConsistency({ ...claim, laterRoot: changed(claim.laterRoot, by) })).toBe(earlier === 0);
        const proof = claim.proof.map((hash, step) =>
          step === which % claim.proof.length ? changed(hash, by) : hash,
        );
        expect(verifyConsistency({ ...claim, proof })).toBe(claim.proof.length === 0);
        expect(verifyConsistency({ ...claim, proof: [...claim.proof, claim.laterRoot] })).toBe(false);
      }),
    );
  });

  it('show no tree to begin with a longer one, or with another', () => {
    const claim = claimOf(3, 8);
    expect(verifyConsistency({ ...claim, earlierSize: 9 })).toBe(false);
    const other = merkleRoot([...all.slice(0, 2), leafHash(bytes('ff'))]);
    expect(verifyConsistency({ ...claim, earlierRoot: other })).toBe(false);
    expect(() => consistencyProof(all.slice(0, 4), 5)).toThrow(InternalError);
  });
});
