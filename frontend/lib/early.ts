// What every page asks first, asked by a script in its head: the answers are on their way while the page's own scripts are.

/** Where the API is: the page's own origin unless the build was told otherwise. */
export const apiBase = process.env.NEXT_PUBLIC_API_BASE ?? '';
/** Held by the tab that trades the cookie: the others wait for it. */
export const lockName = 'tickerwire.refresh';

/** Answers that were asked for before the page's scripts came. */
export interface Early {
  /** The trade of the cookie for a token. */
  refresh: Promise<Response>;
  /** The frame's question with that token; null where there was none. */
  dashboard: Promise<Response | null>;
}

declare global {
  interface Window {
    tickerwireEarly?: Early;
  }
}

export const dashboardPath = '/api/dashboard';

/**
 * Runs in the page's head. Nobody is asked on the sign-in page, nor where tabs cannot wait for one another. Words that a
 * compiler would change are not in it: it stands in the page as it is here.
 */
export const earlyRequests = `if(!location.pathname.startsWith('/login')&&navigator.locks){(function(){
var ask=function(path,init){init.credentials='include';return fetch('${apiBase}'+path,init)};
var r=navigator.locks.request('${lockName}',function(){return ask('/api/auth/refresh',{method:'POST',headers:{'Content-Type':'application/json'},body:'{}'})});
var d=r.then(function(a){return a.ok?a.clone().json().then(function(b){return ask('${dashboardPath}',{headers:{Authorization:'Bearer '+b.access_token}})}):null}).catch(function(){return null});
r.catch(function(){});
window.tickerwireEarly={refresh:r,dashboard:d}})()}`;

/** Takes what was asked for early, once. */
export function takeEarly(): Early | null {
  if (typeof window === 'undefined' || !window.tickerwireEarly) return null;
  const early = window.tickerwireEarly;
  delete window.tickerwireEarly;
  return early;
}
