const pattern = /^\/reports\/([\w-]{43})$/;

/** Where a report is shown, once: `ticket` is 256 random bits in base64url, given by `report.open`. */
export const reportPath = (ticket: string): string => `/reports/${ticket}`;

/** The ticket of a path, or undefined where it is none. */
export const parseReportPath = (pathname: string): string | undefined =>
  pattern.exec(pathname)?.[1];
