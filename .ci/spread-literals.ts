/** Rule of the linter: an object literal spreads no other object literal. */
const rule = {
  create: (context: { report: (problem: { node: object; message: string }) => void }) => ({
    'ObjectExpression > SpreadElement > ObjectExpression': (node: object) => {
      const message = 'Write the properties themselves: the compiler finds no unknown ones in a spread.';
      context.report({ node, message });
    },
  }),
};

// oxlint reads the default export of a plugin.
export default { meta: { name: 'own' }, rules: { 'spread-literals': rule } };
