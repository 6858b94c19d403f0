// Archive files, as the tools that made them write them.
import { gunzipSync } from "node:zlib";

/** Gzipped: most of an archive file is zero bytes. */
const gzipped = {
  /** A folder, a deflated and a stored file. */
  "in.zip":
    "H4sIAAAAAAACAwvwZmYRYYAARQZkwALEKZlF+gFQFRxgFUVJM44IAFmHGBkYBKAqUlLTchJLUlP0SipKvD19T3vqePoGekim8viyMQSgmM/90zmMDcgCYVYgTgJpKS7JL0pNCfBmZBJhxu0UGGhgZIA7DKYDu9MQOpSwOBTdPnSnIXQnwBwa4M0KkmVgBsLFQLoTrAAA98Q61EIBAAA=",
  /** As `tar --format=pax` writes it: a folder, a name that is too long, and one that is not ASCII. */
  "in.tar":
    "H4sIAAAAAAACA+3YuwrCMBgF4Mw+RZ6guTQXHERHR18hkoKCiNQKfTg3X8xqQWgtdJDEXs63pFuHvycnqWckOF4xSr3XSnvteDbCaEI1ieB2LVxevZLMk2f7pCiL/85fyNb8rVApoRzzD+54pjE+ARiohLkh5p9rhfxHyn+MTwAGm/+EbXau3GbOZ3m4/Hfk/pP5lKtm/gWX1ZZAS+Q/OLE09OKKw8qz0wi9Nq4FUvzL+T/8kPr6X1rdzH8qrTTo/2jn/7EmH/GdRP9zYb/7P0X/R+l/Xdf/444qnaN1hH20//4v2v9/De7/0fq/jj6iAAAAAAAAADBZT7fMtjQAKAAA",
  /** As GNU tar writes it, the long name in a member of its own. */
  "gnu.tar":
    "H4sIAAAAAAACA+3WSwrCMBRA0SwlK8i3SaYuIJuoFKQoFbSCy7c4EAwFR42t3jNJ5i83SafF4swkNs1znZTrzD5aF4QMooLbdWwvUoo/1em9Gu/jd+dvXTH/ZI0X0jD/xfWDrHEEsFJKt2vs39iG/iv1X+MIYLX9K73L5+GQ++G4YP8z3b+ad8mX/aeQhMz0X+H/d9og7qstzf/T++9SeO/fuxgj73+1/z9XAAAAAAAAAAAAP+UBFwmGlgAoAAA=",
  /** As GNU tar writes it, a short name after the long one. */
  "long.tar":
    "H4sIAAAAAAACA+3UTQrDIBBAYY/iCXRao257AC/RVQmF9M+CvX1bAoEusghFF8n7Ng5uhzfGGntIl+GU+uGs6pDR3Ct7F6Z5/I/RB6WTauD5yMe71mqjrtXY2x9sMblkhTXs/xt16LrZ/kV2v/075+XTv9B/dYUENu3V4M4u7l9CFE//TfZPAgAAAAAAAAAAAACwCm+t3Y0/ACgAAA==",
  /** Gzipped. */
  "in.tgz":
    "H4sIAAAAAAACA5Pv5uBgZuHMZvqfmadXkl7F8PayIV+DAk/rQ7lWYQ6NB5UGenp8XZ3Hp1sIhV848j/61trDr2dvDUnf9OCO7eYiuzcH2fRPeTMfn/domv8p+7NVry7NvHf2/jfXf4tLmzWc/13VXZ31kenHCr/j+t/uV7j/l/66/yg3AwI0dOkdP8YTxaDBwAAAFE4/q4kAAAA=",
  /** A long name in two fields. */
  "ustar.tar":
    "H4sIAAAAAAACA+3TSwrCMBQF0CzFFdgIabMed2A1Qtx9gyNx4q8KwXMm95FB8iDceX7fULellvBQbKaUrtncZ7O7mdt5ynnMYRPDD5xPZX9sz6997+FrVl2zBv7Z5bkKf+Tl/scpp7Hz/vfy/yoAAAAAAAAAANC1BcO5JZAAKAAA",
  /** A header for all members. */
  "global.tar":
    "H4sIAAAAAAACA+3TsQrCMBCA4Zt9ij5Beic1nQRHR18htEGH1kKN0Me3xUEQOkaQ/t+SI8sNx+9KV54uYTrH0MZRstC3tVd1b595+Tc1f5DiKj/wfKQwzutlm6wumqHv4z0db7Hrhp1gS4JLU8q8Y4naV9V6//rVv/ra5v6V/vPfnwQAAAAAAAAAAAAAAAD+2gs/TpdwACgAAA==",
  /** A file and a symbolic link. */
  "link.tar":
    "H4sIAAAAAAACA+3UMQ7CMAwFUB+lJ0BpVZrzZGeCIHF80k6oCxORUN5b/OXF03e51FeN30rNtq7HbM6zmT/yvt/yfI0pRQfPRy33djLGVIKR3Trc+N7/c84pLzEtpcNzGrz/AAAAAAAAAAD8tzdKXrsCACgAAA==",
} as const;

export const archiveFile = (name: keyof typeof gzipped): Uint8Array => gunzipSync(Buffer.from(gzipped[name], "base64"));
