// The two listeners of every gateway here: TLS to serve, and clear text to send people there.

/** Routes of the named namespaces only: a gateway that takes routes from anywhere lets anybody take over a host. */
export function listenersFor(routesFrom: readonly string[], tls: Readonly<Record<string, unknown>> | undefined) {
  const allowedRoutes = {
    kinds: [{ kind: "HTTPRoute" }],
    namespaces: {
      from: "Selector",
      selector: {
        matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: [...new Set(routesFrom)] }],
      },
    },
  };
  return [
    {
      name: "https",
      port: 443,
      protocol: "HTTPS",
      ...(tls !== undefined && { tls: { mode: "Terminate", ...tls } }),
      allowedRoutes,
    },
    { name: "http", port: 80, protocol: "HTTP", allowedRoutes },
  ];
}
