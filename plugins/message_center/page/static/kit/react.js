// What Airflow gives to a plugin: its React, its router, its components. Nothing is built, so nothing is bundled.
const { React, ReactRouterDOM } = globalThis;

export const { Component, createElement: h, Fragment, useCallback, useEffect, useId, useMemo, useRef, useState } = React;
export const { Link: RouterLink, useLocation, useNavigate, useParams } = ReactRouterDOM;
export const Chakra = globalThis.ChakraUI;
