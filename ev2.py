import numpy as np,sys
sys.path.insert(0,'/dev/shm/h'); 
from feat import recall, load
from entrepot.discovery.pictures import projection as P
from entrepot.discovery.pictures.features import features_of, DIMENSIONS
from entrepot.discovery.pictures.onnx_file import to_onnx
cat,ph,cl,op=load()
fc,fp,fl=[np.stack([features_of(op(r)) for r in x]) for x in (cat,ph,cl)]
assert fc.shape[1]==DIMENSIONS,(fc.shape,DIMENSIONS)
lc=np.array([str(r['class_id']) for r in cat]);lp=np.array([str(r['class_id']) for r in ph]);ll=np.array([r['label'] for r in cl]); tr=np.array([r['source_split']=='train' for r in cl])
print('untrained',recall(fp,lp,fc,lc),recall(fl[~tr],ll[~tr],fl[tr],ll[tr]))
rank=np.zeros(len(lp),int)
for c in np.unique(lp):
    i=np.where(lp==c)[0]; rank[i]=np.arange(len(i))
for P.SHRUNK in (.1,.2,.3):
  for P.REST_WEIGHT in (0,.15,.3):
    r=[]
    for f in range(2):
        a=rank%2==f; M=P.fit(np.concatenate([fc,fp[a]]),[*lc,*lp[a]]); r.append(recall(M.apply(fp[~a]),lp[~a],M.apply(fc),lc))
    u=[]
    for f in range(3):
        ip=lp.astype(int); ic=lc.astype(int); s=ip%3!=f; c=ic%3!=f
        M=P.fit(np.concatenate([fc[c],fp[s]]),[*lc[c],*lp[s]]); u.append(recall(M.apply(fp[~s]),lp[~s],M.apply(fc),lc))
    M=P.fit(fl[tr],list(ll[tr]))
    print(P.SHRUNK,P.REST_WEIGHT,'seen',np.mean(r).round(3),'unseen',np.mean(u).round(3),'cloth',round(recall(M.apply(fl[~tr]),ll[~tr],M.apply(fl[tr]),ll[tr]),3),M.weights.shape)
import onnxruntime as o
s=o.InferenceSession(to_onnx(M)); print(np.abs(s.run(None,{'features':fl[:5]})[0]-M.apply(fl[:5])).max(), len(to_onnx(M)))
