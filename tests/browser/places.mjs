// Which pages are visited, and by whom. Links found on a page by `follow` are visited too (the first that fits).
export const password = process.env.ONRECORD_PASSWORD ?? "onrecord-demo";

const conference = { path: "/conferences", follow: /^\/conferences\/\d+$/ };
const tabs = ["overview", "recordings", "attendance", "chat", "files"];

export const people = [
  {
    email: "admin@contoso.example",
    pages: [
      "/", "/courses", "/conferences", "/conferences/new", "/settings/integrations/teams", "/admin/users",
      "/admin/monitor", "/admin/ledger", "/admin/ledger?verdict=missing", "/admin/reports", "/admin/mail", "/admin/audit", "/admin/inbox", "/admin/storage", "/api/docs",
      "/admin/cases", "/admin/notices", "/courses/1/exceptions", "/courses/1/acknowledgements", "/courses/1/minors",
      "/account", "/no-such-page",
    ],
    follow: [conference, { path: "/courses", follow: /^\/courses\/\d+$/ }],
    tabs,
  },
  { email: "officer@contoso.example", pages: ["/", "/conferences", "/admin/monitor", "/admin/ledger", "/admin/reports", "/admin/audit", "/admin/inbox", "/admin/storage"], follow: [], tabs: [] },
  {
    email: "instructor@contoso.example",
    pages: [
      "/", "/courses", "/conferences", "/conferences/new", "/conferences/1/edit", "/conferences/1/cancel", "/account",
      "/courses/1/exceptions", "/courses/1/minors", "/courses/1/objection",
    ],
    follow: [
      conference,
      { path: "/courses", follow: /^\/courses\/\d+$/ },
      { path: "/conferences?status=upcoming", follow: /^\/conferences\/\d+$/ },
      { path: "/conferences?status=ended", follow: /^\/conferences\/\d+$/, then: { suffix: "?tab=recordings", follow: /^\/recordings\/\d+$/ } },
    ],
    tabs,
  },
  {
    email: "learner@contoso.example",
    pages: ["/", "/courses", "/conferences", "/account", "/admin/users", "/courses/1/objection"],
    follow: [
      conference,
      { path: "/courses", follow: /^\/courses\/\d+$/ },
      { path: "/conferences?status=ended", follow: /^\/conferences\/\d+$/, then: { suffix: "?tab=recordings", follow: /^\/recordings\/\d+$/ } },
    ],
    tabs: ["overview", "recordings", "attendance"],
  },
  { email: "outsider@contoso.example", pages: ["/", "/courses", "/conferences"], follow: [], tabs: [] },
];
