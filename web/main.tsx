import './without-eval.ts';
import './tokens.css';
import { createRoot } from 'react-dom/client';
import { Dashboard } from './dashboard.tsx';

const root = document.querySelector('#root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(<Dashboard />);
