// Scenarios in which the embedded engine is known to differ from the official one, and how. Each is a gap: the test fails
// when one closes, so that its line goes.
export const knownDifferences: Readonly<Record<string, string>> = {};
