// What both programs are made of: dynamic resources that an update changes even if nothing did.
import * as pulumi from "@pulumi/pulumi";

const provider = {
  check: async (_olds, inputs) => ({ inputs }),
  create: async (inputs) => ({ id: `the-${inputs.n}`, outs: { ...inputs, made: true } }),
  update: async (_id, _olds, news) => ({ outs: { ...news, made: true, again: [1] } }),
  diff: async (_id, olds, news) => ({
    changes: JSON.stringify(olds) !== JSON.stringify(news),
    replaces: olds.r !== news.r ? ["r"] : [],
  }),
  delete: async () => {},
  read: async (id, props) => ({ id, props: { ...props, drift: "yes" } }),
};

export class Thing extends pulumi.dynamic.Resource {
  constructor(n, props, options) {
    super(provider, n, { n, ...props }, options);
  }
}

export const long = "x".repeat(200);
