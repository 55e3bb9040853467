// TypeScript 7 refuses side-effect imports of style sheets it cannot type (TS2882).
declare module "*.css";
