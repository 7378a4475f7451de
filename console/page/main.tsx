import { render } from 'preact';
import { App } from './app.tsx';
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/overview.css';
import './styles/pool.css';
import './styles/decision.css';
import './styles/tasks.css';
import './styles/what-if.css';
import './styles/dashboards.css';

render(<App />, document.body);
